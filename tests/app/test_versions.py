import json
import shutil

import pytest

from app import versions as versions_module
from app.errors import ConflictError, NotFoundError
from app.schemas import ModelVersion, StoredModel
from app.versions import Versions
from model.bundle import MANIFEST, read_manifest
from model.registry import Registry
from tests.bundles import remanifest

METRICS = {
    "accuracy": 0.5,
    "log_loss": 1.0,
    "confusion": [[1]],
    "comparison": {"verdict": "Version 2 is better.", "better": True},
}


@pytest.fixture
def registry(tmp_path, toy_models):
    """A registry with three versions of `toy`, of which 2 is current and has metrics."""
    registry = Registry(tmp_path / "models")
    for _ in range(3):
        registry.add("toy", lambda folder: shutil.copytree(toy_models / "toy" / "1", folder, dirs_exist_ok=True))
    remanifest(registry.path("toy", 2), metrics=METRICS)
    registry.promote("toy", 2)
    return registry


def listed(registry, serving=2):
    found = Versions(registry, "toy", serving).all()
    for each in found:
        ModelVersion.model_validate(each)
    return {each["version"]: each for each in found}


def test_versions_come_newest_first_and_say_which_serves_and_which_served_before(registry):
    found = listed(registry)
    assert list(found) == [3, 2, 1]
    assert [version for version, each in found.items() if each["serving"]] == [2]
    assert [version for version, each in found.items() if each["previous"]] == [1]


def test_a_version_in_short_has_the_headline_the_verdict_and_the_size(registry):
    found = listed(registry)[2]
    assert found["metrics"] == {"accuracy": 0.5, "log_loss": 1.0}
    assert found["verdict"] == "Version 2 is better."
    assert found["labels"] == ("calm", "storm", "thaw")
    assert found["problem"] is None
    folder = registry.path("toy", 2)
    files = [path for path in folder.rglob("*") if path.is_file() and path != folder / MANIFEST]
    assert found["size_bytes"] == sum(path.stat().st_size for path in files)
    assert listed(registry)[1]["verdict"] is None


def without_manifest(folder):
    (folder / MANIFEST).unlink()


def edited_manifest(folder):
    path = folder / MANIFEST
    path.write_text(path.read_text().replace("calm", "warm"))


def without_graph(folder):
    (folder / "saved_model.pb").unlink()


def cut_graph(folder):
    (folder / "saved_model.pb").write_bytes(b"x")


def empty(folder):
    shutil.rmtree(folder)
    folder.mkdir()


@pytest.mark.parametrize(
    ("damage", "said"),
    [
        (without_manifest, "bundle.json is missing"),
        (edited_manifest, "does not match its own seal"),
        (without_graph, "saved_model.pb is missing"),
        (cut_graph, "saved_model.pb has 1 bytes instead of"),
        (empty, "bundle.json is missing"),
    ],
)
def test_a_damaged_version_is_listed_with_its_problem_beside_the_others(registry, damage, said):
    listed(registry)
    damage(registry.path("toy", 3))
    found = listed(registry)
    assert said in found[3]["problem"]
    assert (found[2]["problem"], found[1]["problem"]) == (None, None)


def test_a_damaged_pointer_does_not_break_the_list(registry):
    (registry.folder / "toy" / "current").write_text("x")
    found = listed(registry)
    assert found[2]["serving"]
    assert not any(each["previous"] for each in found.values())


def test_a_manifest_is_read_once_until_it_is_written_again(registry, monkeypatch):
    reads: list[str] = []

    def noted(folder):
        reads.append(folder.name)
        return read_manifest(folder)

    monkeypatch.setattr(versions_module, "read_manifest", noted)
    for _ in range(3):
        listed(registry)
    assert sorted(reads) == ["1", "2", "3"]
    remanifest(registry.path("toy", 3), metrics={"accuracy": 0.25})
    assert listed(registry)[3]["metrics"] == {"accuracy": 0.25}


def test_a_version_in_full_is_what_its_manifest_says(registry):
    found = Versions(registry, "toy", 2).one(2)
    StoredModel.model_validate(found)
    assert set(found) == set(StoredModel.model_fields)
    manifest = json.loads((registry.path("toy", 2) / MANIFEST).read_text())
    assert found["layers"] == manifest["layers"]
    assert found["metrics"] == METRICS
    assert (found["name"], found["version"], found["serving"], found["previous"]) == ("toy", 2, True, False)


def test_a_version_that_is_not_there_or_damaged_is_an_error_of_its_own(registry):
    versions = Versions(registry, "toy", 2)
    with pytest.raises(NotFoundError, match="no version 9"):
        versions.one(9)
    without_manifest(registry.path("toy", 3))
    with pytest.raises(ConflictError, match="bundle.json is missing"):
        versions.one(3)
