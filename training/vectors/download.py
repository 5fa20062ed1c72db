"""Fetches the real GloVe archive over HTTP: with progress, resume, bounded retries and a checksum.

It does not unpack the archive: `training.vectors.source` reads the member of the zip as it is.
"""

import errno
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import httpx

from training.errors import DownloadError
from training.progress import Progress
from training.vectors.glove_6b import GLOVE_6B_BYTES, GLOVE_6B_SHA256, GLOVE_6B_URL
from training.vectors.part import PartFile, sha256_of

ATTEMPTS = 6
_TIMEOUT = httpx.Timeout(30.0)
_LONGEST_PAUSE_S = 30.0
_RETRIED_STATUSES = frozenset({408, 425, 429, 500, 502, 503, 504})
_HOPELESS = (httpx.InvalidURL, httpx.UnsupportedProtocol, httpx.TooManyRedirects)
_RUN_AGAIN = "Run the command again: it goes on where it stopped"


class _BrokenOffError(Exception):
    """An attempt failed in a way that another may not."""


def fetch_vectors(
    destination: Path,
    *,
    url: str = GLOVE_6B_URL,
    sha256: str = GLOVE_6B_SHA256,
    size: int = GLOVE_6B_BYTES,
    progress: Progress,
    attempts: int = ATTEMPTS,
    sleep: Callable[[float], None] = time.sleep,
) -> Path:
    """Download `url` to `destination`, unless a file of this size and checksum is there already.

    The bytes go to `destination.part`, which a later attempt or run goes on from while the server's content is the
    same, and which is renamed once its SHA-256 is right. `size` is in bytes, `sleep` takes seconds. After `attempts`
    failures in a row that brought no byte more, and at once for what another attempt cannot mend (a wrong address,
    other content, a full disk), it raises `DownloadError`.
    """
    try:
        if destination.is_dir():
            raise DownloadError(
                f"{destination} is a folder. Give the file to write, e.g. {destination / 'glove.6B.zip'}"
            )
        if _is_right(destination, sha256, size):
            progress.note(f"{destination} is there already, and its checksum is right.")
            return destination
        part = PartFile(destination)
        progress.stage(f"Downloading {destination.name}", size)
        with httpx.Client(follow_redirects=True, timeout=_TIMEOUT) as client:
            _Download(client, url, size, part, progress).run(attempts, sleep)
        progress.stage(f"Checking {destination.name}")
        _require_checksum(part, url, sha256)
        part.publish()
    except OSError as error:
        raise _disk_error(destination, error) from error
    return destination


@dataclass(frozen=True)
class _Download:
    """One file on its way from `url` into `part`."""

    client: httpx.Client
    url: str
    size: int
    part: PartFile
    progress: Progress

    def run(self, attempts: int, sleep: Callable[[float], None]) -> None:
        """Attempt after attempt, until `part` has its size."""
        failures, most = 0, self.part.size
        while True:
            try:
                return self._attempt()
            except _HOPELESS as error:
                raise DownloadError(f"{self.url}: {error}. Check the address.") from error
            except (_BrokenOffError, httpx.TransportError) as error:
                reason = str(error) or type(error).__name__
            failures = 1 if self.part.size > most else failures + 1
            most = max(most, self.part.size)
            if failures >= attempts:
                raise DownloadError(
                    f"{self.url}: {reason}. {self.part.size:,} of {self.size:,} bytes are here, and {failures} "
                    f"attempts in a row brought no more. Check the connection. {_RUN_AGAIN}."
                )
            pause = min(2.0 ** (failures - 1), _LONGEST_PAUSE_S)
            self.progress.warn(f"{self.url}: {reason}; trying again in {pause:.0f} s.")
            sleep(pause)

    def _attempt(self) -> None:
        """One request for what is missing; returns when nothing is."""
        if self.part.size > self.size:
            self.part.remove()
        have = self.part.size
        if have == self.size:
            return
        with self.client.stream("GET", self.url, headers=_headers(have, self.part.validator)) as response:
            self._require_success(response)
            if have and response.status_code == httpx.codes.PARTIAL_CONTENT:
                self._require_rest(response, have)
            else:
                self._require_size(response)
                self.part.restart(_validator(response))
            self._receive(response)

    def _receive(self, response: httpx.Response) -> None:
        received = self.part.size
        # Chunks as they come: a larger size would hold bytes back, and lose them when the connection drops.
        for received in self.part.append(response.iter_raw()):
            self.progress.advance(min(received, self.size))
            if received > self.size:
                return  # the checksum will say what this is
        if received < self.size:
            raise _BrokenOffError(f"the answer ended after {received:,} of {self.size:,} bytes")

    def _require_success(self, response: httpx.Response) -> None:
        status = response.status_code
        if status == httpx.codes.REQUESTED_RANGE_NOT_SATISFIABLE:
            self.part.remove()
            raise _BrokenOffError("the server has less than what is here, so it starts over")
        if status in _RETRIED_STATUSES:
            raise _BrokenOffError(f"the server answered {status} {response.reason_phrase}")
        if status not in {httpx.codes.OK, httpx.codes.PARTIAL_CONTENT}:
            raise DownloadError(f"{response.url} answered {status} {response.reason_phrase}. Check the address.")

    def _require_rest(self, response: httpx.Response, have: int) -> None:
        """A 206 must be of the content that is here, and begin where it ends; not every server heeds If-Range."""
        unit_and_start = response.headers.get("Content-Range", "").partition("-")[0]
        validator = _validator(response)
        changed = bool(validator) and validator != self.part.validator
        if changed or unit_and_start.split() != ["bytes", str(have)]:
            self.part.remove()
            raise _BrokenOffError("the content changed on the server, so it starts over")

    def _require_size(self, response: httpx.Response) -> None:
        length = response.headers.get("Content-Length", str(self.size))
        if length != str(self.size):
            raise DownloadError(
                f"{response.url} has {length} bytes where {self.size:,} are due: it is another file. Check the "
                f"address, or fetch the file by hand and give it to --vectors."
            )


def _headers(have: int, validator: str) -> dict[str, str]:
    headers = {"Accept-Encoding": "identity"}
    if have:
        headers["Range"] = f"bytes={have}-"
        if validator:
            headers["If-Range"] = validator
    return headers


def _validator(response: httpx.Response) -> str:
    """The strong ETag, else Last-Modified: what If-Range may hold (RFC 9110, 13.1.5); empty where there is neither."""
    etag = str(response.headers.get("ETag", ""))
    return etag if etag and not etag.startswith("W/") else str(response.headers.get("Last-Modified", ""))


def _is_right(path: Path, sha256: str, size: int) -> bool:
    return path.is_file() and path.stat().st_size == size and sha256_of(path) == sha256.lower()


def _require_checksum(part: PartFile, url: str, sha256: str) -> None:
    found = sha256_of(part.path)
    if found != sha256.lower():
        part.remove()
        raise DownloadError(
            f"{url}: the content does not match its SHA-256 (expected {sha256}, found {found}), and was removed. "
            f"Run the command again; if it happens again, the file at the source has changed."
        )


def _disk_error(destination: Path, error: OSError) -> DownloadError:
    if error.errno in {errno.ENOSPC, errno.EDQUOT}:
        return DownloadError(
            f"{destination}: the disk is full. Make room in {destination.parent}, or choose another folder. "
            f"{_RUN_AGAIN}."
        )
    return DownloadError(f"{destination}: {error}. Choose a folder that can be read and written.")
