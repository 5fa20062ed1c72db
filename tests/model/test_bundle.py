"""Whatever is wrong with a bundle is refused before its graph is read, with the file and the remedy named."""

import json

import pytest

from model import tokenizer_json
from model.bundle import EXTRA, GRAPH, MANIFEST, TOKENIZER, verify
from model.errors import BundleError
from model.manifest import seal
from model.tokenizer import Tokenizer
from tests.bundles import LABELS, TEXTS, TOY, remanifest

DATA = "variables/variables.data-00000-of-00001"
EVERY_FILE = [GRAPH, DATA, "variables/variables.index", TOKENIZER, MANIFEST]


def refusal(folder) -> str:
    with pytest.raises(BundleError) as caught:
        verify(folder)
    return str(caught.value)


def test_a_whole_bundle_is_accepted(folder):
    bundle = verify(folder)
    assert bundle.manifest.labels == LABELS
    assert bundle.manifest.sequence_length == TOY.sequence_length
    assert bundle.encoder.tokenizer.word_index == Tokenizer.fit(TEXTS).word_index
    assert set(bundle.manifest.files) == {*EVERY_FILE, "fingerprint.pb"} - {MANIFEST}


def test_its_folder_is_what_tensorflow_serving_expects(folder):
    assert {p.name for p in folder.iterdir()} == {GRAPH, "fingerprint.pb", "variables", "assets", EXTRA}


@pytest.mark.parametrize("name", EVERY_FILE)
def test_a_flipped_byte_is_refused(folder, name):
    data = bytearray((folder / name).read_bytes())
    data[len(data) // 2] ^= 1
    (folder / name).write_bytes(data)
    message = refusal(folder)
    assert name in message
    assert "restore it, or serve another version" in message


def test_every_single_byte_of_the_manifest_counts(folder):
    path = folder / MANIFEST
    whole = path.read_bytes()
    for position in range(0, len(whole), 7):
        path.write_bytes(whole[:position] + bytes([whole[position] ^ 2]) + whole[position + 1 :])
        assert MANIFEST in refusal(folder)


@pytest.mark.parametrize("name", EVERY_FILE)
@pytest.mark.parametrize("kept", [0, 0.5])
def test_a_truncated_file_is_refused(folder, name, kept):
    data = (folder / name).read_bytes()
    (folder / name).write_bytes(data[: int(len(data) * kept)])
    assert name in refusal(folder)


@pytest.mark.parametrize("name", EVERY_FILE)
def test_a_missing_file_is_refused(folder, name):
    (folder / name).unlink()
    message = refusal(folder)
    assert f"{name} is missing" in message
    assert "python -m app models promote" in message


@pytest.mark.parametrize("name", ["notes.txt", "variables/more", f"{EXTRA}/.hidden", "assets/vocabulary.txt"])
def test_an_extra_file_is_refused(folder, name):
    (folder / name).write_text("x", encoding="utf-8")
    message = refusal(folder)
    assert f"{name} is not named in {MANIFEST}" in message
    assert "Remove it" in message


def test_a_link_is_refused(folder):
    (folder / GRAPH).rename(folder.parent / "elsewhere")
    (folder / GRAPH).symlink_to(folder.parent / "elsewhere")
    assert f"{GRAPH} is a link" in refusal(folder)


@pytest.mark.parametrize("version", [0, 2, "1", None])
def test_another_schema_version_is_refused(folder, version):
    content = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
    content["schema_version"] = version
    (folder / MANIFEST).write_text(json.dumps(content), encoding="utf-8")
    message = refusal(folder)
    assert f"{MANIFEST} is of schema version {version!r}; this Tercet reads 1" in message
    assert "train it again" in message


def test_a_tokenizer_of_another_size_than_the_embedding_is_refused(folder):
    bundle = verify(folder)
    other = Tokenizer.fit(TEXTS, num_words=9)
    (folder / TOKENIZER).write_text(tokenizer_json.dump(other), encoding="utf-8")
    files = dict(bundle.manifest.files)
    files[TOKENIZER] = complete_digest(folder)
    (folder / MANIFEST).write_text(seal(bundle.manifest.model_copy(update={"files": files})), encoding="utf-8")
    message = refusal(folder)
    assert f"{TOKENIZER} gives ids below 9" in message
    assert "the embedding is for 12" in message
    assert "train or import it again" in message


def complete_digest(folder):
    from hashlib import sha256

    from model.manifest import FileDigest

    data = (folder / TOKENIZER).read_bytes()
    return FileDigest(sha256=sha256(data).hexdigest(), size_bytes=len(data))


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"labels": ["a", "b"]}, "2 labels for a network with an output of 3 classes"),
        ({"labels": ["a", "a", "b"]}, "not all different"),
        ({"labels": []}, "0 labels"),
        ({"layers": []}, "output of None"),
        ({"sequence_length": "long"}, "sequence_length"),
        ({"surprise": 1}, "surprise"),
        ({"padding": "left"}, "padding"),
        ({"created_at": "yesterday"}, "created_at"),
    ],
)
def test_a_manifest_that_contradicts_itself_is_never_written(folder, changes, said):
    with pytest.raises(BundleError, match=said):
        remanifest(folder, **changes)
    assert not (folder / MANIFEST).exists()


@pytest.mark.parametrize("text", ["", "[]", "null", "{", "[" * 100_000])
def test_a_manifest_that_is_no_json_object_is_refused(folder, text):
    (folder / MANIFEST).write_text(text, encoding="utf-8")
    assert "is not the JSON of a bundle" in refusal(folder)


def test_a_manifest_that_is_not_utf8_is_refused(folder):
    (folder / MANIFEST).write_bytes(b"\xff\xfe{}")
    assert "is not UTF-8" in refusal(folder)


def test_a_folder_that_is_none_is_refused(tmp_path):
    assert "is not a folder" in refusal(tmp_path / "nothing")
    assert f"{MANIFEST} is missing, so this is no bundle" in refusal(tmp_path)
