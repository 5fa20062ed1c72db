import asyncio
import shutil

import pytest

from app.model_watch import ModelWatch
from model.registry import Registry


@pytest.fixture
def registry(tmp_path, toy_models):
    """A registry with two versions of `toy`."""
    registry = Registry(tmp_path / "models")
    for _ in range(2):
        add(registry, toy_models, "toy")
    return registry


def add(registry, toy_models, name):
    registry.add(name, lambda folder: shutil.copytree(toy_models / "toy" / "1", folder, dirs_exist_ok=True))


def look(watch, name=None):
    return asyncio.run(watch.look(name))


def test_the_target_is_what_the_pointer_names(registry):
    watch = ModelWatch(registry, None)
    assert look(watch, "toy").version == 1
    registry.promote("toy", 2)
    assert (look(watch, "toy").name, look(watch, "toy").version) == ("toy", 2)


def test_each_writing_of_the_pointer_gives_another_target_and_each_look_the_same(registry):
    watch = ModelWatch(registry, None)
    first = look(watch, "toy")
    assert look(watch, "toy") == first
    registry.promote("toy", 1)
    again = look(watch, "toy")
    assert again != first
    assert again.version == first.version


def test_while_nothing_serves_the_model_is_chosen_as_at_the_start(registry, toy_models):
    assert look(ModelWatch(registry, None)).name == "toy"
    assert look(ModelWatch(registry, "other")) is None
    add(registry, toy_models, "other")
    assert look(ModelWatch(registry, None)) is None
    assert look(ModelWatch(registry, "other")).name == "other"


def test_a_first_version_counts_without_a_pointer_only_while_nothing_serves(registry):
    (registry.folder / "toy" / "current").unlink()
    watch = ModelWatch(registry, None)
    assert look(watch).version == 1
    assert look(watch, "toy") is None


def test_an_empty_registry_has_no_target_and_nothing_is_said(tmp_path, caplog):
    assert look(ModelWatch(Registry(tmp_path / "models"), None)) is None
    assert look(ModelWatch(Registry(tmp_path / "models"), None), "toy") is None
    assert not caplog.records


def test_a_damaged_pointer_is_said_once_and_again_after_it_was_whole(registry, caplog):
    pointer, watch = registry.folder / "toy" / "current", ModelWatch(registry, None)
    for _ in range(2):
        pointer.write_text("x")
        assert [look(watch, "toy") for _ in range(3)] == [None] * 3
        pointer.write_text("2\n")
        assert look(watch, "toy").version == 2
    assert len(caplog.records) == 2
