"""The phrases of a bundle: read back as they were written, and refused where they are anything else."""

import json

import pytest

from model import phrases
from model.bundle import verify
from model.errors import BundleError
from model.phrases import PHRASES, FilterPhrases, Phrases, TrainingPhrase
from tests.bundles import remanifest

SOME = Phrases("convolution", 2, (FilterPhrases(0, (TrainingPhrase(("the", "sea"), 1.25, 2),)), FilterPhrases(1, ())))


def with_phrases(folder, content: bytes):
    (folder / PHRASES).write_bytes(content)
    return remanifest(folder)


def test_what_is_written_is_read_back(folder):
    assert phrases.read(with_phrases(folder, phrases.dump(SOME))) == SOME


def test_the_file_is_plain_json():
    assert json.loads(phrases.dump(SOME)) == {
        "layer": "convolution",
        "width": 2,
        "filters": [
            {"filter": 0, "phrases": [{"words": ["the", "sea"], "activation": 1.25, "count": 2}]},
            {"filter": 1, "phrases": []},
        ],
    }


def test_a_bundle_without_phrases_has_none(pristine):
    assert phrases.read(verify(pristine)) is None


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"{", "Invalid JSON"),
        (b'{"layer": "convolution", "width": 2}', r"filters: Field required"),
        (phrases.dump(SOME).replace(b"1.25", b'"much"'), r"filters\.0\.phrases\.0\.activation: .*number"),
        (phrases.dump(SOME).replace(b'"width":2', b'"width":"2"'), "width: .*integer"),
    ],
)
def test_another_file_is_refused(folder, content, said):
    bundle = with_phrases(folder, content)
    with pytest.raises(BundleError, match=f"phrases.json is not a file of phrases .*{said}"):
        phrases.read(bundle)
