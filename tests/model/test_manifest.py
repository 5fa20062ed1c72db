import json

import pytest

from model.bundle import MANIFEST, verify
from model.errors import BundleError
from model.manifest import parse, seal, unseal


@pytest.fixture
def manifest(pristine):
    return verify(pristine).manifest


def test_what_is_sealed_is_read_back(manifest):
    assert unseal(seal(manifest), "bundle.json") == manifest


def test_the_file_on_disk_is_the_sealed_manifest(pristine, manifest):
    assert (pristine / MANIFEST).read_text(encoding="utf-8") == seal(manifest)


def test_a_changed_figure_breaks_the_seal(manifest):
    text = seal(manifest).replace('"accuracy": 0.5', '"accuracy": 0.9')
    with pytest.raises(BundleError, match="does not match its own seal"):
        unseal(text, "bundle.json")


def test_the_same_content_in_another_layout_breaks_the_seal(manifest):
    with pytest.raises(BundleError, match="does not match its own seal"):
        unseal(json.dumps(json.loads(seal(manifest))), "bundle.json")


def test_labels_of_any_language_survive(manifest):
    labels = ("Ποίηση", "詩", "\u202eshi'r 🜁")
    assert unseal(seal(manifest.model_copy(update={"labels": labels})), "x").labels == labels


def test_labels_may_have_names_for_people(manifest):
    named = manifest.model_copy(update={"label_names": {"calm": "Calm weather"}})
    assert unseal(seal(named), "x").label_names == {"calm": "Calm weather"}
    assert manifest.label_names == {}


def test_a_manifest_from_before_there_were_names_is_read(manifest):
    content = {name: value for name, value in manifest.model_dump(mode="json").items() if name != "label_names"}
    assert parse(json.dumps(content), "x") == manifest


def test_names_for_labels_that_are_none_are_refused(manifest):
    content = manifest.model_dump(mode="json") | {"label_names": {"calm": "Calm", "fog": "Fog"}}
    with pytest.raises(BundleError, match=r"label_names for \['fog'\], which are no labels"):
        parse(json.dumps(content), "x")
