"""The registry on a real folder, with several processes that write at once and one that is killed."""

import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

import pytest

from model import durable
from model.errors import BundleError, RegistryError
from model.registry import Registry


@pytest.fixture
def registry(tmp_path) -> Registry:
    return Registry(tmp_path / "models")


@pytest.fixture
def copy(pristine):
    def fill(folder: Path) -> None:
        shutil.copytree(pristine, folder, dirs_exist_ok=True)

    return fill


def entries(registry, name="toy"):
    return {p.name for p in (registry.folder / name).iterdir()} - {".lock"}


def test_an_empty_registry_has_nothing(registry):
    assert registry.names() == []
    assert registry.versions("toy") == []
    assert registry.current("toy") is None


def test_versions_count_up_and_the_first_becomes_current(registry, copy):
    assert [registry.add("toy", copy) for _ in range(3)] == [1, 2, 3]
    assert registry.versions("toy") == [1, 2, 3]
    assert registry.current("toy") == 1
    assert registry.names() == ["toy"]
    assert registry.path("toy", 2) == registry.folder / "toy" / "2"


def test_the_current_version_has_a_path_and_without_one_the_models_there_are_listed(registry, copy):
    registry.add("toy", copy)
    assert registry.current_path("toy") == registry.path("toy", 1)
    with pytest.raises(RegistryError, match="has no model 'joy'; there are: toy"):
        registry.current_path("joy")


def test_promoting_moves_the_pointer_there_and_back(registry, copy):
    registry.add("toy", copy)
    registry.add("toy", copy)
    registry.promote("toy", 2)
    assert registry.current("toy") == 2
    registry.promote("toy", 1)
    assert registry.current("toy") == 1


def filled(registry, copy, versions):
    for _ in range(versions):
        registry.add("toy", copy)


def test_the_version_before_is_remembered_and_the_way_back_is_a_promotion_too(registry, copy):
    filled(registry, copy, 3)
    assert registry.previous("toy") is None
    registry.promote("toy", 2)
    assert registry.previous("toy") == 1
    registry.promote("toy", 3)
    assert registry.previous("toy") == 2
    registry.promote("toy", 2)
    assert registry.previous("toy") == 3


def test_promoting_what_serves_already_keeps_the_version_before(registry, copy):
    filled(registry, copy, 2)
    registry.promote("toy", 2)
    registry.promote("toy", 2)
    assert (registry.current("toy"), registry.previous("toy")) == (2, 1)


def test_a_version_before_that_was_removed_makes_way_for_the_one_before_that(registry, copy):
    filled(registry, copy, 3)
    for version in (2, 3):
        registry.promote("toy", version)
    registry.remove("toy", 2)
    assert registry.previous("toy") == 1
    registry.remove("toy", 1)
    assert registry.previous("toy") is None


def test_promotions_are_remembered_up_to_a_limit(registry, copy):
    filled(registry, copy, 2)
    for _ in range(60):
        registry.promote("toy", 2)
        registry.promote("toy", 1)
    assert registry.previous("toy") == 2
    assert len((registry.folder / "toy" / "promoted").read_text().split()) == 100


def test_a_promotion_instead_of_a_version_fails_where_another_one_serves(registry, copy):
    filled(registry, copy, 3)
    registry.promote("toy", 2, instead_of=1)
    with pytest.raises(RegistryError, match="toy 2 serves, not 1: another version was promoted meanwhile"):
        registry.promote("toy", 3, instead_of=1)
    with pytest.raises(RegistryError, match="toy 2 serves, not None"):
        registry.promote("toy", 3, instead_of=None)
    assert (registry.current("toy"), registry.previous("toy")) == (2, 1)


def test_of_promotions_at_once_instead_of_the_same_version_one_wins(registry, copy):
    filled(registry, copy, 5)
    code = """
import sys
from pathlib import Path
from model.errors import RegistryError
from model.registry import Registry
try:
    Registry(Path(sys.argv[1])).promote("toy", int(sys.argv[2]), instead_of=1)
except RegistryError:
    sys.exit(3)
"""
    commands = [[sys.executable, "-c", code, str(registry.folder), str(version)] for version in range(2, 6)]
    writers = [subprocess.Popen(command) for command in commands]
    codes = [writer.wait(60) for writer in writers]
    assert sorted(codes) == [0, 3, 3, 3]
    assert registry.current("toy") == 2 + codes.index(0)
    assert registry.previous("toy") == 1


def test_a_promotion_killed_between_its_two_writes_leaves_what_served_and_what_was_before(registry, copy, monkeypatch):
    filled(registry, copy, 3)
    registry.promote("toy", 2)

    def die_at_the_pointer(path, text):
        if path.name == "current":
            raise KeyboardInterrupt
        write_text(path, text)

    write_text = durable.write_text
    monkeypatch.setattr(durable, "write_text", die_at_the_pointer)
    with pytest.raises(KeyboardInterrupt):
        registry.promote("toy", 3)
    monkeypatch.undo()
    assert (registry.current("toy"), registry.previous("toy")) == (2, 1)
    registry.promote("toy", 3)
    assert (registry.current("toy"), registry.previous("toy")) == (3, 2)


@pytest.mark.parametrize("content", [b"", b"x\n\xff\n", b"9\n01\n"])
def test_a_damaged_memory_of_promotions_names_no_version(registry, copy, content):
    filled(registry, copy, 2)
    (registry.folder / "toy" / "promoted").write_bytes(content)
    assert registry.previous("toy") is None
    registry.promote("toy", 2)
    assert registry.previous("toy") == 1


def test_a_damaged_pointer_is_repaired_by_a_promotion(registry, copy):
    filled(registry, copy, 2)
    (registry.folder / "toy" / "current").write_text("x")
    with pytest.raises(RegistryError, match="not a version"):
        registry.prune("toy", 1)
    with pytest.raises(RegistryError, match="not a version"):
        registry.promote("toy", 2, instead_of=1)
    registry.promote("toy", 2)
    assert registry.current("toy") == 2


def test_pruning_keeps_the_newest_the_current_and_the_one_before_it(registry, copy):
    filled(registry, copy, 7)
    for version in (3, 2):
        registry.promote("toy", version)
    assert registry.prune("toy", 2) == [1, 4, 5]
    assert registry.versions("toy") == [2, 3, 6, 7]
    assert (registry.current("toy"), registry.previous("toy")) == (2, 3)
    assert registry.prune("toy", 2) == []
    assert entries(registry) == {"2", "3", "6", "7", "current", "promoted"}


def test_pruned_numbers_are_not_given_again(registry, copy):
    filled(registry, copy, 3)
    assert registry.prune("toy", 0) == [2, 3]
    assert registry.add("toy", copy) == 4


def test_a_damaged_version_is_not_promoted(registry, copy):
    registry.add("toy", copy)
    registry.add("toy", copy)
    (registry.path("toy", 2) / "saved_model.pb").write_bytes(b"")
    with pytest.raises(BundleError, match="saved_model.pb does not match"):
        registry.promote("toy", 2)
    assert registry.current("toy") == 1


def test_what_the_caller_has_just_verified_is_not_verified_again(registry, copy, monkeypatch):
    filled(registry, copy, 2)
    monkeypatch.setattr("model.registry.verify", lambda _: pytest.fail("again"))
    registry.promote("toy", 2, verified=True)
    assert registry.current("toy") == 2
    with pytest.raises(RegistryError, match="no version 9"):
        registry.promote("toy", 9, verified=True)


def test_the_current_version_is_not_removed(registry, copy):
    registry.add("toy", copy)
    with pytest.raises(RegistryError, match="the version that serves; promote another"):
        registry.remove("toy", 1)
    assert registry.versions("toy") == [1]


def test_a_removed_number_is_not_given_again(registry, copy):
    registry.add("toy", copy)
    registry.add("toy", copy)
    registry.remove("toy", 2)
    assert registry.versions("toy") == [1]
    assert registry.add("toy", copy) == 3


def test_a_version_can_be_installed_under_its_own_number_once(registry, copy):
    assert registry.add("toy", copy, version=7) == 7
    with pytest.raises(RegistryError, match="never replaced"):
        registry.add("toy", copy, version=7)
    assert registry.add("toy", copy) == 8


def test_a_filling_that_fails_leaves_nothing(registry, copy):
    registry.add("toy", copy)

    def fail(folder):
        copy(folder)
        raise RuntimeError("half-way")

    with pytest.raises(RuntimeError, match="half-way"):
        registry.add("toy", fail)
    assert entries(registry) == {"1", "current"}


def test_what_is_no_bundle_is_not_added(registry):
    with pytest.raises(BundleError, match="is missing"):
        registry.add("toy", lambda folder: None)
    assert registry.versions("toy") == []


@pytest.mark.parametrize("name", ["", ".", "..", "../x", "a/b", ".hidden", "a" * 65, "a\0", "ä", "a b", "-x"])
def test_a_name_that_could_be_a_path_is_refused(registry, name):
    for use in (registry.versions, registry.current, lambda n: registry.add(n, lambda f: None)):
        with pytest.raises(RegistryError, match="is no name for a model"):
            use(name)
    assert not registry.folder.exists()


def test_a_version_that_is_not_there_is_refused_with_those_that_are(registry, copy):
    registry.add("toy", copy)
    for use in (registry.path, registry.promote, registry.remove):
        with pytest.raises(RegistryError, match="toy has no version 9; there are: 1"):
            use("toy", 9)
    with pytest.raises(RegistryError, match="has no model 'joy'; there are: toy"):
        registry.promote("joy", 1)


@pytest.mark.parametrize("content", ["", "x", "-1", "1.5", "01", "²"])
def test_a_damaged_pointer_is_an_error_not_a_guess(registry, copy, content):
    registry.add("toy", copy)
    (registry.folder / "toy" / "current").write_text(content, encoding="utf-8")
    with pytest.raises(RegistryError, match="not a version. Promote one: python -m app models promote"):
        registry.current("toy")


def test_a_writer_killed_before_it_wrote_the_pointer_leaves_the_first_version_serving(registry, copy):
    registry.add("toy", copy)
    (registry.folder / "toy" / "current").unlink()
    assert registry.current("toy") == 1
    registry.add("toy", copy)
    assert registry.current("toy") == 1


def test_folders_that_are_no_versions_are_passed_over(registry, copy):
    registry.add("toy", copy)
    for name in ("01", "x", "-2", ".incoming-1"):
        (registry.folder / "toy" / name).mkdir()
    assert registry.versions("toy") == [1]


def test_what_a_killed_writer_left_is_swept_a_day_later(registry, copy):
    registry.add("toy", copy)
    old, fresh = (registry.folder / "toy" / f".incoming-{which}" for which in ("old", "fresh"))
    for path in (old, fresh):
        path.mkdir()
    os.utime(old, (time.time() - 90_000,) * 2)
    registry.add("toy", copy)
    assert not old.exists()
    assert fresh.exists()


ADD = """
import shutil, sys
from pathlib import Path
from model.registry import Registry
source, folder, count = sys.argv[1:]
for _ in range(int(count)):
    print(Registry(Path(folder)).add("toy", lambda staging: shutil.copytree(source, staging, dirs_exist_ok=True)))
"""


def test_writers_at_once_get_different_versions(registry, pristine):
    command = [sys.executable, "-c", ADD, str(pristine), str(registry.folder), "5"]
    writers = [subprocess.Popen(command, stdout=subprocess.PIPE, text=True) for _ in range(3)]
    given = [int(line) for writer in writers for line in writer.communicate(timeout=60)[0].split()]
    assert [writer.returncode for writer in writers] == [0, 0, 0]
    assert sorted(given) == registry.versions("toy") == list(range(1, 16))


HANG = """
import shutil, sys, time
from pathlib import Path
from model.registry import Registry
source, folder = sys.argv[1:]

def fill(staging):
    shutil.copytree(source, staging, dirs_exist_ok=True)
    print("filled", flush=True)
    time.sleep(60)

Registry(Path(folder)).add("toy", fill)
"""


def test_a_writer_killed_half_way_publishes_nothing(registry, pristine, copy):
    command = [sys.executable, "-c", HANG, str(pristine), str(registry.folder)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as writer:
        assert writer.stdout is not None
        assert writer.stdout.readline() == "filled\n"
        writer.kill()
    assert registry.versions("toy") == []
    assert registry.add("toy", copy) == 1


def test_what_a_link_leads_to_is_not_in_the_registry(tmp_path, pristine):
    elsewhere = tmp_path / "elsewhere"
    shutil.copytree(pristine, elsewhere / "1")
    (tmp_path / "models" / "toy").mkdir(parents=True)
    (tmp_path / "models" / "toy" / "1").symlink_to(elsewhere / "1")
    (tmp_path / "models" / "linked").symlink_to(elsewhere)
    registry = Registry(tmp_path / "models")
    assert registry.names() == []
    for name in ("toy", "linked"):
        assert registry.versions(name) == []
        with pytest.raises(RegistryError, match="has no version 1"):
            registry.path(name, 1)
