"""A body becomes a file: in blocks, written by a thread, hashed on the way. What did not come whole is removed."""

import asyncio
import contextlib
import errno
import hashlib
import os
import secrets
import threading
import time
import zlib
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from pathlib import Path

from starlette.requests import ClientDisconnect, Request

from app.body import declared_bytes
from app.datasets.formats import extension_of, is_gzip
from app.errors import BodyTooLargeError, StorageError, StorageFullError, TooSlowError

BLOCK_BYTES = 1 << 20
_PREFIX = ".upload-"
_STALE_S = 3600
"""Far longer than a living upload leaves its file alone."""
_FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)


@dataclass(frozen=True, slots=True)
class Upload:
    """A file that came whole and is on disk."""

    path: Path
    extension: str
    size_bytes: int
    digest: str
    """sha256, in hexadecimal."""


@contextlib.asynccontextmanager
async def received(request: Request, folder: Path, limit_bytes: int, idle_s: float) -> AsyncIterator[Upload]:
    """The body of `request` as a file in `folder`, for the length of the block; whoever wants to keep it moves it.

    Raises `BodyTooLargeError` beyond `limit_bytes`, unpacked too; `TooSlowError` where nothing comes for `idle_s`;
    `ClientDisconnect`; `StorageFullError`; `StorageError` where the folder cannot be written.
    """
    if declared_bytes(request) > limit_bytes:
        raise _too_large(limit_bytes)
    file = _File(folder)
    try:
        yield await _receive(request, file, limit_bytes, idle_s)
    finally:
        file.discard()  # not in a thread: where the service ends, nobody would wait for it


def remove_stale(folder: Path) -> None:
    """Remove what processes left there that were killed in the middle of an upload."""
    for path in folder.glob(f"{_PREFIX}*"):
        with contextlib.suppress(OSError):
            if time.time() - path.stat().st_mtime > _STALE_S:
                path.unlink()


async def _receive(request: Request, file: "_File", limit_bytes: int, idle_s: float) -> Upload:
    held: list[bytes] = []
    held_bytes, size_bytes, more = 0, 0, True
    while more:
        chunk, more = await _next_chunk(request, idle_s)
        held.append(chunk)
        held_bytes += len(chunk)
        size_bytes += len(chunk)
        if size_bytes > limit_bytes:
            raise _too_large(limit_bytes)
        if held_bytes >= BLOCK_BYTES or not more:
            await _in_thread(file.write, b"".join(held))
            held, held_bytes = [], 0
    await _in_thread(file.finish)
    if is_gzip(file.extension):
        await _in_thread(_check_unpacked, file.path, limit_bytes)
    return Upload(file.path, file.extension, size_bytes, file.digest.hexdigest())


async def _next_chunk(request: Request, idle_s: float) -> tuple[bytes, bool]:
    try:
        async with asyncio.timeout(idle_s):
            message = await request.receive()
    except TimeoutError:
        raise TooSlowError(f"Nothing came for {idle_s} s (TERCET_STREAM_IDLE_S). Send the file again.") from None
    if message["type"] == "http.disconnect":
        raise ClientDisconnect
    return message.get("body", b""), message.get("more_body", False)


async def _in_thread(work: Callable[..., None], *arguments: object) -> None:
    try:
        await asyncio.to_thread(work, *arguments)
    except OSError as error:
        reason = error.strerror or str(error)
        if error.errno in _FULL:
            raise StorageFullError(f"The data folder has no room for this file ({reason}).") from error
        raise StorageError(f"The file cannot be written to the data folder ({reason}).") from error


def _check_unpacked(path: Path, limit_bytes: int) -> None:
    """A kilobyte may hold a gigabyte, which the check would read into memory. Damage is the check's to say."""
    unpacked_bytes = 0
    with path.open("rb") as file:
        inflater = zlib.decompressobj(zlib.MAX_WBITS | 16)
        rest = file.read(BLOCK_BYTES)
        while rest:
            try:
                unpacked_bytes += len(inflater.decompress(rest, BLOCK_BYTES))
            except zlib.error:
                return
            if unpacked_bytes > limit_bytes:
                raise _too_large(limit_bytes, "unpacked ")
            rest = inflater.unconsumed_tail
            if inflater.eof:  # gzip files may follow one another
                rest = inflater.unused_data
                inflater = zlib.decompressobj(zlib.MAX_WBITS | 16)
            rest = rest or file.read(BLOCK_BYTES)


def _too_large(limit_bytes: int, how: str = "") -> BodyTooLargeError:
    return BodyTooLargeError(
        f"The {how}file is larger than the limit of {limit_bytes:,} bytes (TERCET_MAX_DATASET_BYTES)."
    )


class _File:
    """The file that is written, by one thread at a time. Its name is known once the first block says its format."""

    def __init__(self, folder: Path) -> None:
        self.extension = ""
        self.digest = hashlib.sha256()
        self._stem = folder / f"{_PREFIX}{secrets.token_hex(8)}"
        self._descriptor: int | None = None
        self._lock = threading.Lock()
        self._discarded = False

    @property
    def path(self) -> Path:
        """Where it is."""
        return self._stem.with_name(self._stem.name + self.extension)

    def write(self, block: bytes) -> None:
        """Append `block`."""
        with self._lock:
            if self._discarded:  # the caller was cancelled; only this thread went on
                return
            if self._descriptor is None:
                self._open(block)
            self.digest.update(block)
            rest = memoryview(block)
            while rest and self._descriptor is not None:
                rest = rest[os.write(self._descriptor, rest) :]

    def finish(self) -> None:
        """Flush it to disk."""
        with self._lock:
            if self._descriptor is not None:
                os.fsync(self._descriptor)
                self._close()

    def discard(self) -> None:
        """Remove it, unless it was moved."""
        with self._lock:
            self._discarded = True
            self._close()
            if self.extension:
                self.path.unlink(missing_ok=True)

    def _open(self, beginning: bytes) -> None:
        self._stem.parent.mkdir(parents=True, exist_ok=True)
        remove_stale(self._stem.parent)
        self.extension = extension_of(beginning)
        self._descriptor = os.open(self.path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o666)

    def _close(self) -> None:
        if self._descriptor is not None:
            os.close(self._descriptor)
            self._descriptor = None
