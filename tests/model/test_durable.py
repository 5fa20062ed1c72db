import errno
import os

import pytest

from model import durable


def test_the_file_holds_the_new_content(tmp_path):
    path = tmp_path / "new" / "file"
    durable.write_bytes(path, b"one")
    durable.write_text(path, "zwei ü")
    assert path.read_text(encoding="utf-8") == "zwei ü"
    assert [p.name for p in path.parent.iterdir()] == ["file"]


def test_a_full_disk_leaves_the_old_content_and_no_debris(tmp_path, monkeypatch):
    path = tmp_path / "file"
    durable.write_bytes(path, b"old")

    def full(descriptor):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="No space left"):
        durable.write_bytes(path, b"new")
    assert path.read_bytes() == b"old"
    assert [p.name for p in tmp_path.iterdir()] == ["file"]


def test_every_file_and_folder_of_a_tree_is_flushed(tmp_path, monkeypatch):
    (tmp_path / "a").mkdir()
    (tmp_path / "a" / "b").write_bytes(b"x")
    flushed = []
    monkeypatch.setattr(os, "fsync", lambda descriptor: flushed.append(os.fstat(descriptor).st_ino))
    durable.sync_tree(tmp_path)
    assert set(flushed) == {p.stat().st_ino for p in (tmp_path, tmp_path / "a", tmp_path / "a" / "b")}
