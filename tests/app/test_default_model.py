import errno
import os
import shutil
import threading
from pathlib import Path

import pytest

from app.default_model import install_default_model
from app.errors import StartError
from model.bundle import SIGNATURE, verify
from model.errors import BundleError
from model.registry import Registry
from model.signature import VARIABLE


@pytest.fixture
def box(tmp_path, toy_models):
    """A folder of committed bundles with one in it, `boxed` of version 3."""
    shutil.copytree(toy_models / "toy" / "1", tmp_path / "box" / "boxed" / "3")
    (tmp_path / "box" / "boxed" / "README.md").write_text("about the model")
    return tmp_path / "box"


def files(folder: Path) -> dict[str, bytes]:
    return {str(p.relative_to(folder)): p.read_bytes() for p in sorted(folder.rglob("*")) if p.is_file()}


def test_an_empty_registry_gets_the_committed_bundle_as_it_is(tmp_path, box):
    models = tmp_path / "var" / "models"
    install_default_model(models, box)
    assert Registry(models).current("boxed") == 3
    assert files(models / "boxed" / "3") == files(box / "boxed" / "3")


def test_the_newest_version_serves_and_older_ones_are_there_to_go_back_to(tmp_path, box):
    for version in ("2", "10"):
        shutil.copytree(box / "boxed" / "3", box / "boxed" / version)
    registry = Registry(tmp_path / "models")
    install_default_model(tmp_path / "models", box)
    assert registry.versions("boxed") == [2, 3, 10]
    assert registry.current("boxed") == 10
    registry.promote("boxed", 2)
    assert registry.previous("boxed") == 10


def test_a_start_that_was_killed_in_the_middle_leaves_nothing_behind_and_the_next_one_does_it_all(tmp_path, box):
    shutil.copytree(box / "boxed" / "3", box / "boxed" / "4")
    models = tmp_path / "models"
    shutil.copytree(box / "boxed" / "4", models / ".incoming-box" / "boxed" / "4")
    (models / "boxed" / ".incoming-0").mkdir(parents=True)
    assert Registry(models).names() == []
    install_default_model(models, box)
    assert Registry(models).versions("boxed") == [3, 4]
    assert sorted(path.name for path in models.iterdir()) == [".lock", "boxed"]


def test_a_damaged_older_version_leaves_the_registry_empty_too(tmp_path, box):
    shutil.copytree(box / "boxed" / "3", box / "boxed" / "4")
    (box / "boxed" / "3" / "saved_model.pb").write_bytes(b"")
    for _ in range(2):
        with pytest.raises(BundleError, match=r"saved_model\.pb does not match"):
            install_default_model(tmp_path / "models", box)
        assert Registry(tmp_path / "models").names() == []


def test_a_registry_with_a_model_is_left_as_it_is(tmp_path, box, toy_models):
    models = tmp_path / "models"
    shutil.copytree(toy_models, models)
    install_default_model(models, box)
    assert Registry(models).names() == ["toy"]


def test_without_a_committed_bundle_the_registry_stays_empty(tmp_path):
    install_default_model(tmp_path / "models", tmp_path / "nothing")
    assert Registry(tmp_path / "models").names() == []


def test_several_starts_at_once_do_it_once(tmp_path, box):
    models, errors = tmp_path / "models", []

    def start():
        try:
            install_default_model(models, box)
        except Exception as error:  # noqa: BLE001 - the test says which
            errors.append(error)

    threads = [threading.Thread(target=start) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert errors == []
    assert Registry(models).versions("boxed") == [3]


def test_a_damaged_bundle_in_the_box_is_refused_and_not_put_in(tmp_path, box):
    (box / "boxed" / "3" / "saved_model.pb").write_bytes(b"")
    with pytest.raises(BundleError, match=r"saved_model\.pb does not match"):
        install_default_model(tmp_path / "models", box)
    assert Registry(tmp_path / "models").names() == []


def test_a_data_folder_that_is_a_file_is_named_with_its_setting(tmp_path, box):
    (tmp_path / "var").write_text("")
    with pytest.raises(StartError, match=r"^Cannot write to .*var/models \(TERCET_DATA\): .+\. Free it"):
        install_default_model(tmp_path / "var" / "models", box)


def test_a_full_disk_is_one_line_and_leaves_the_registry_empty(tmp_path, box, monkeypatch):
    def full(*_):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr("model.durable.sync_tree", full)
    with pytest.raises(StartError, match=r"\(TERCET_DATA\): No space left on device\."):
        install_default_model(tmp_path / "models", box)
    assert Registry(tmp_path / "models").names() == []


def test_with_a_key_it_is_signed_as_it_is_installed(tmp_path, box, monkeypatch):
    monkeypatch.setenv(VARIABLE, "k" * 32)
    install_default_model(tmp_path / "models", box)
    installed = Registry(tmp_path / "models").current_path("boxed")
    assert verify(installed).folder == installed
    signature = (installed / SIGNATURE).relative_to(installed).as_posix()
    assert files(installed).keys() - files(box / "boxed" / "3").keys() == {signature}
