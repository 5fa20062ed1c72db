"""Where inputs and outputs lie: folders of this machine, or any URL that fsspec opens (the extra `ray` has it).

What is written is there as a whole or not at all: on a disk by a rename, in an object store by one put.
"""

import contextlib
import os
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any, Self

from app.bulk.errors import InputError, OutputError
from model import durable

_GLOB = frozenset("*?[")


@dataclass(frozen=True, slots=True)
class Place:
    """A file or folder by its URL, or by its path on this machine and every node alike."""

    url: str

    @property
    def name(self) -> str:
        """The last part."""
        return PurePosixPath(self.url.rstrip("/")).name

    @property
    def is_local(self) -> bool:
        """Whether it is a path and no URL."""
        return "://" not in self.url

    @property
    def has_pattern(self) -> bool:
        """Whether it stands for all that match, as `reviews/*.csv`."""
        return bool(_GLOB & set(self.url))

    def __truediv__(self, name: str) -> Self:
        return type(self)(f"{self.url.rstrip('/')}/{name}")

    def __str__(self) -> str:
        return self.url

    def beside(self, name: str) -> "Place":
        """Another of the same folder."""
        return Place(str(Path(self.url).with_name(name)) if self.is_local else f"{self.url.rpartition('/')[0]}/{name}")

    def exists(self) -> bool:
        """Raises `InputError` where that cannot be told."""
        with _readable(self):
            return bool(self._files().exists(self.url))

    def is_folder(self) -> bool:
        """Raises `InputError` where that cannot be told."""
        with _readable(self):
            return bool(self._files().isdir(self.url))

    def files(self) -> list["Place"]:
        """All below a folder, or that match a pattern, in order; hidden ones left out. Raises `InputError`."""
        with _readable(self):
            found = self._files().glob(self.url) if self.has_pattern else self._files().find(self.url)
            shown = [str(each) for each in found if not self._files().isdir(each)]
        names = sorted(name for name in shown if not PurePosixPath(name).name.startswith((".", "_")))
        return [Place(name if self.is_local else self._files().unstrip_protocol(name)) for name in names]

    def names(self) -> set[str]:
        """Of all files in a folder, hidden ones too. Raises `InputError`."""
        with _readable(self):
            return {PurePosixPath(str(each)).name for each in self._files().ls(self.url, detail=False)}

    def identity(self) -> str:
        """Size and age, or whatever else the store has: another where it was changed. Raises `InputError`."""
        with _readable(self):
            facts = self._files().info(self.url)
        kept = ("size", "mtime", "ETag", "etag", "LastModified", "updated", "md5Hash")
        return ", ".join(f"{name} {facts[name]}" for name in kept if facts.get(name) is not None)

    def size(self) -> int:
        """In bytes. Raises `InputError`."""
        with _readable(self):
            return int(self._files().size(self.url) or 0)

    def read(self) -> bytes:
        """All of it. Raises `InputError`."""
        with _readable(self):
            return bytes(self._files().cat_file(self.url))

    @contextlib.contextmanager
    def on_disk(self) -> Iterator[Path]:
        """Its path; of what is elsewhere, that of a copy for the length of the block. Raises `InputError`."""
        if self.is_local:
            yield Path(self.url)
            return
        with tempfile.TemporaryDirectory(prefix="tercet-bulk-") as folder:
            path = Path(folder) / self.name
            with _readable(self):
                self._files().get_file(self.url, str(path))
            yield path

    def write(self, content: bytes) -> None:
        """Replace it by `content`. Raises `OutputError`."""
        with _writable(self):
            if self.is_local:
                durable.write_bytes(Path(self.url), content)
            else:
                self._files().pipe_file(self.url, content)

    def take(self, path: Path) -> None:
        """Replace it by the content of the file `path`, which may be gone then. Raises `OutputError`."""
        with _writable(self):
            if not self.is_local:
                self._files().put_file(str(path), self.url)
                return
            target = Path(self.url)
            with path.open("rb") as file:
                os.fsync(file.fileno())
            path.replace(target)
            durable.sync_folder(target.parent)

    def working_folder(self) -> Path | None:
        """Where a file has to be for `take` to be a rename; None for anywhere."""
        return Path(self.url).parent if self.is_local else None

    def make_folder(self) -> None:
        """Have it there as a folder. Raises `OutputError`."""
        with _writable(self):
            self._files().makedirs(self.url, exist_ok=True)

    def remove(self) -> None:
        """With all that is in it; nothing where it is not there. Raises `OutputError`."""
        with _writable(self), contextlib.suppress(FileNotFoundError):
            self._files().rm(self.url, recursive=True)

    def _files(self) -> Any:
        import fsspec  # noqa: PLC0415 - of the extra

        try:
            files, _ = fsspec.url_to_fs(self.url, use_listings_cache=False)  # others write there, too
        except (ImportError, ValueError) as error:
            raise InputError(
                f"{self.url} cannot be opened: {error}. Install what its kind of storage needs."
            ) from error
        return files


@contextlib.contextmanager
def _readable(place: Place) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise InputError(f"{place} cannot be read: {error.strerror or error}.") from error


@contextlib.contextmanager
def _writable(place: Place) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise OutputError(f"Cannot write {place}: {error.strerror or error}.") from error
