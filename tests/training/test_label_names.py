"""The names of labels: read from an option, checked, or taken from the version that serves."""

import pytest

from model.registry import Registry
from tests.bundles import LABELS, make_bundle, remanifest
from training.errors import TrainingError
from training.label_names import choose, parse

NAMES = {"calm": "Calm weather", "storm": "A storm"}


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("EAP=Edgar Allan Poe,HPL=H. P. Lovecraft", {"EAP": "Edgar Allan Poe", "HPL": "H. P. Lovecraft"}),
        (" a = one , b=b=2 ", {"a": "one", "b": "b=2"}),
    ],
)
def test_pairs_become_names(text, names):
    assert parse(text) == names


@pytest.mark.parametrize("text", ["", "EAP", "EAP=", "=Poe", "a=Poe,", "a=Poe, E. A.", "a=one,a=two"])
def test_what_is_no_list_of_pairs_is_refused(text):
    with pytest.raises(TrainingError, match="are not pairs of a label and its name"):
        parse(text)


def serving(folder, **changes):
    remanifest(make_bundle(folder, name="weather"), **changes)
    return Registry(folder)


def test_without_names_those_of_the_version_that_serves_are_kept_for_labels_that_both_have(tmp_path):
    registry = serving(tmp_path, label_names=NAMES)
    assert choose(None, LABELS, registry, "weather") == NAMES
    assert choose(None, ("storm", "fog"), registry, "weather") == {"storm": "A storm"}


def test_given_names_replace_those_of_the_version_that_serves(tmp_path):
    registry = serving(tmp_path, label_names=NAMES)
    assert choose({"thaw": "Thaw"}, LABELS, registry, "weather") == {"thaw": "Thaw"}


def test_a_first_version_and_one_after_a_damaged_version_have_none(tmp_path):
    registry = serving(tmp_path, label_names=NAMES)
    assert choose(None, LABELS, registry, "new") == {}
    (registry.path("weather", 1) / "assets.extra" / "bundle.json").write_text("{}", encoding="utf-8")
    assert choose(None, LABELS, registry, "weather") == {}


def test_a_name_for_no_label_is_refused(tmp_path):
    with pytest.raises(TrainingError, match="There is a name for 'fog', but the labels are 'calm', 'storm', 'thaw'."):
        choose(NAMES | {"fog": "Fog"}, LABELS, Registry(tmp_path), "weather")
