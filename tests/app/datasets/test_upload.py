import asyncio
import errno
import gzip
import hashlib
import os
import threading
import time

import pytest
from starlette.requests import ClientDisconnect

from app.datasets.upload import BLOCK_BYTES, received, remove_stale
from app.errors import BodyTooLargeError, StorageError, StorageFullError, TooSlowError
from tests.app.datasets.uploads import CSV, request_of


@pytest.fixture
def folder(tmp_path):
    return tmp_path / "datasets"


def receive(folder, *chunks, limit_bytes=10_000_000, idle_s=5.0, **headers):
    """The upload, its content and the names in the folder while it is there; afterwards nothing is."""

    async def main():
        async with received(request_of(*chunks, **headers), folder, limit_bytes, idle_s) as upload:
            return upload, upload.path.read_bytes(), [path.name for path in folder.iterdir()]

    try:
        return asyncio.run(main())
    finally:
        assert not folder.exists() or [*folder.iterdir()] == []


def test_a_body_is_a_file_for_the_length_of_the_block(folder):
    upload, content, names = receive(folder, CSV[:10], b"", CSV[10:])
    assert content == CSV
    assert (upload.size_bytes, upload.digest) == (len(CSV), hashlib.sha256(CSV).hexdigest())
    assert upload.extension == ".csv"
    assert names == [upload.path.name]
    assert names[0].startswith(".upload-")


def test_a_body_of_several_blocks_comes_whole(folder):
    content = b"text,label\n" + os.urandom(3 * BLOCK_BYTES + 12_345)
    chunks = [content[at : at + 65_536] for at in range(0, len(content), 65_536)]
    upload, written, _ = receive(folder, *chunks)
    assert written == content
    assert upload.digest == hashlib.sha256(content).hexdigest()


def test_the_format_is_told_by_the_first_block_and_not_by_the_first_chunk(folder):
    upload, _, _ = receive(folder, b"P", b"AR", b"1...")
    assert upload.extension == ".parquet"


def test_an_empty_body_is_an_empty_file(folder):
    upload, content, _ = receive(folder, b"")
    assert (content, upload.size_bytes, upload.extension) == (b"", 0, ".csv")


def test_the_event_loop_goes_on_while_a_thread_writes(folder, monkeypatch):
    writers = set()

    def write(descriptor, block):
        writers.add(threading.current_thread())
        return original(descriptor, block)

    original = os.write
    monkeypatch.setattr(os, "write", write)
    receive(folder, *[b"x" * BLOCK_BYTES] * 3)
    assert writers
    assert threading.main_thread() not in writers


@pytest.mark.parametrize(("chunks", "headers"), [([], {"content_length": 101}), ([b"x" * 60, b"x" * 41], {})])
def test_a_body_over_the_limit_is_refused(folder, chunks, headers):
    with pytest.raises(BodyTooLargeError, match=r"limit of 100 bytes \(TERCET_MAX_DATASET_BYTES\)"):
        receive(folder, *chunks, limit_bytes=100, **headers)


def test_a_body_of_the_limit_is_taken(folder):
    assert receive(folder, b"x" * 60, b"x" * 40, limit_bytes=100, content_length=100)[0].size_bytes == 100


def test_what_is_compressed_counts_as_it_is_unpacked(folder):
    bomb = gzip.compress(b"a,b\n" + b"x" * 5_000_000)
    assert len(bomb) < 10_000
    with pytest.raises(BodyTooLargeError, match="unpacked"):
        receive(folder, bomb, limit_bytes=4_000_000)
    several = gzip.compress(b"a,b\n") + gzip.compress(b"x" * 3_000_000) * 2
    with pytest.raises(BodyTooLargeError, match="unpacked"):
        receive(folder, several, limit_bytes=4_000_000)
    receive(folder, several, limit_bytes=6_000_004)


@pytest.mark.parametrize(
    "damaged", [b"\x1f\x8b\x08garbage", gzip.compress(CSV, mtime=0)[:-20], gzip.compress(CSV, mtime=0) + b"tail"]
)
def test_damaged_gzip_is_left_to_the_check(folder, damaged):
    assert receive(folder, damaged)[0].extension == ".csv.gz"


def test_a_client_that_leaves_leaves_nothing(folder):
    for chunks in ([None], [b"text,label\n", None], [b"x" * BLOCK_BYTES, b"x", None]):
        with pytest.raises(ClientDisconnect):
            receive(folder, *chunks)


def test_a_client_that_sends_nothing_is_not_waited_for(folder):
    with pytest.raises(TooSlowError, match="TERCET_STREAM_IDLE_S"):
        receive(folder, b"x" * BLOCK_BYTES, asyncio.sleep(60), idle_s=0.05)


@pytest.mark.parametrize(
    ("number", "expected"),
    [
        (errno.ENOSPC, StorageFullError),
        (errno.EDQUOT, StorageFullError),
        (errno.EFBIG, StorageFullError),
        (errno.EIO, StorageError),
    ],
)
@pytest.mark.parametrize("call", ["write", "fsync"])
def test_a_disk_that_fails_leaves_nothing(folder, monkeypatch, number, expected, call):
    def fail(*_):
        raise OSError(number, os.strerror(number))

    def full_after_a_while(*arguments):
        monkeypatch.setattr(os, call, fail)
        return original(*arguments)

    original = getattr(os, call)
    monkeypatch.setattr(os, call, full_after_a_while if call == "write" else fail)
    with pytest.raises(expected, match=os.strerror(number)) as error:
        receive(folder, *[b"x" * BLOCK_BYTES] * 3)
    assert type(error.value) is expected


def test_a_folder_that_cannot_be_made_is_an_error(folder):
    folder.write_text("a file")
    with pytest.raises(StorageError):
        asyncio.run(received(request_of(CSV), folder, 1000, 1).__aenter__())


def test_a_caller_that_is_cancelled_in_the_midst_of_a_write_leaves_nothing(folder, monkeypatch):
    writing, go_on = threading.Event(), threading.Event()

    def slow_write(descriptor, block):
        writing.set()
        assert go_on.wait(10)
        return original(descriptor, block)

    original = os.write
    monkeypatch.setattr(os, "write", slow_write)

    async def main():
        async def use():
            async with received(request_of(CSV), folder, 10_000, 5):
                raise AssertionError

        task = asyncio.create_task(use())
        await asyncio.to_thread(writing.wait, 10)
        task.cancel()
        threading.Timer(0.1, go_on.set).start()
        await asyncio.wait([task])
        assert task.cancelled()

    asyncio.run(main())
    assert [*folder.iterdir()] == []


def test_what_killed_processes_left_is_removed_and_what_grows_is_not(folder):
    folder.mkdir()
    for name, age_s in ((".upload-old", 4000), (".upload-young", 100), ("kept", 4000)):
        (folder / name).write_text("x")
        os.utime(folder / name, (time.time() - age_s,) * 2)
    remove_stale(folder)
    assert sorted(path.name for path in folder.iterdir()) == [".upload-young", "kept"]
