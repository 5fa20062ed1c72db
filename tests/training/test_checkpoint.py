"""The checkpoint survives what a run may not: kills while writing, damage, other runs."""

import hashlib
import io
import os

import numpy as np
import pytest

from training.checkpoint import Arrays, Checkpoint, CheckpointFile
from training.errors import TrainingError
from training.history import EpochRecord, History

RECORD = EpochRecord(1, 0.1 + 0.2, 0.5, 1 / 3, 0.25, 1.5)


def checkpoint(value=1.0, epochs=1):
    state: Arrays = [np.full((2, 3), value, np.float32), np.array(7, np.int64), np.array([1, 2], np.uint32)]
    return Checkpoint(History((RECORD,) * epochs), state, [np.array([value], np.float32)])


def same(one, other):
    pairs = zip(one.state + one.best, other.state + other.best, strict=True)
    return one.history == other.history and all(a.dtype == b.dtype and np.array_equal(a, b) for a, b in pairs)


@pytest.fixture
def file(tmp_path):
    return CheckpointFile(tmp_path / "runs" / "one.checkpoint")


def test_what_was_saved_is_loaded_bit_for_bit(file):
    file.save(checkpoint())
    assert same(file.load(), checkpoint())


def test_there_is_none_before_the_first(file):
    assert file.load() is None


def test_the_last_one_counts(file):
    file.save(checkpoint(1.0))
    file.save(checkpoint(2.0, epochs=2))
    assert same(file.load(), checkpoint(2.0, epochs=2))
    assert [path.name for path in file.path.parent.iterdir()] == ["one.checkpoint"]


def test_more_than_ten_arrays_keep_their_order(file):
    arrays = [np.array([number]) for number in range(23)]
    file.save(Checkpoint(History((RECORD,)), arrays, arrays[::-1]))
    assert [int(each[0]) for each in file.load().state] == list(range(23))


def test_a_failure_while_writing_leaves_the_one_before(file, monkeypatch):
    file.save(checkpoint(1.0))

    def full(_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="No space left"):
        file.save(checkpoint(2.0))
    assert same(file.load(), checkpoint(1.0))
    assert [path.name for path in file.path.parent.iterdir()] == ["one.checkpoint"]


def test_the_same_run_finds_its_file_and_another_does_not(tmp_path):
    one = CheckpointFile.of_run(tmp_path, {"data": "a", "seed": 1})
    assert one == CheckpointFile.of_run(tmp_path, {"seed": 1, "data": "a"})
    assert one.path.parent == tmp_path
    for other in ({"data": "b", "seed": 1}, {"data": "a", "seed": 2}, {"data": "a", "seed": 1, "vectors": None}):
        assert CheckpointFile.of_run(tmp_path, other) != one


def test_any_flipped_byte_is_found(file):
    file.save(checkpoint())
    whole = file.path.read_bytes()
    for position in range(len(whole)):
        file.path.write_bytes(whole[:position] + bytes([whole[position] ^ 0xFF]) + whole[position + 1 :])
        with pytest.raises(TrainingError, match="it is damaged"):
            file.load()


def test_a_truncated_file_is_refused_with_the_remedy(file):
    file.save(checkpoint())
    whole = file.path.read_bytes()
    for length in (0, 1, 100, len(whole) // 2, len(whole) - 1):
        file.path.write_bytes(whole[:length])
        with pytest.raises(
            TrainingError, match=r"one\.checkpoint is no checkpoint .*Delete it, or train without --resume"
        ):
            file.load()


def sealed(content: bytes) -> bytes:
    return hashlib.sha256(content).digest() + content


def npz(**arrays) -> bytes:
    buffer = io.BytesIO()
    np.savez(buffer, **arrays)
    return buffer.getvalue()


@pytest.mark.parametrize(
    "content",
    [
        npz(history=np.array([{"records": []}], dtype=object)),
        npz(other=np.arange(3)),
        npz(history=np.frombuffer(b'{"records": [{"epoch": 1}]}', np.uint8)),
        npz(history=np.frombuffer(b"no json", np.uint8)),
        b"no zip",
    ],
    ids=["pickled", "without a history", "an older record", "no JSON", "no zip"],
)
def test_what_no_save_of_ours_wrote_is_refused(file, content):
    file.path.parent.mkdir()
    file.path.write_bytes(sealed(content))
    with pytest.raises(TrainingError, match=r"is no checkpoint .*Delete it, or train without --resume"):
        file.load()


def test_a_folder_in_its_place_is_refused(file):
    file.path.mkdir(parents=True)
    with pytest.raises(TrainingError, match="is no checkpoint"):
        file.load()


def test_discarding_leaves_nothing_of_a_killed_writer_either(file):
    file.save(checkpoint())
    (file.path.parent / ".one.checkpoint.0badcafe").write_bytes(b"half")
    file.discard()
    assert not file.path.parent.exists()
    file.discard()


def test_discarding_leaves_the_checkpoint_of_another_run(file):
    file.save(checkpoint())
    other = CheckpointFile(file.path.with_name("two.checkpoint"))
    other.save(checkpoint(2.0))
    file.discard()
    assert file.load() is None
    assert same(other.load(), checkpoint(2.0))
