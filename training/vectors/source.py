"""Opens GloVe text as a stream of lines: a plain file, a `.gz`, or one member of a `.zip` (glove.6B.zip).

Nothing is extracted to disk, and nothing is parsed here: `training.vectors.glove` does that.
"""

import gzip
import io
import lzma
import zipfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import IO, cast

from training.errors import VectorsError

# A binary file may hold no line feed at all; no real line of 300 numbers comes near this.
LONGEST_LINE_BYTES = 1 << 20
_BUFFER_BYTES = 1 << 20
_GZIP_MAGIC = b"\x1f\x8b"
_ZIP_MAGIC = b"PK"
_ENCRYPTED = 0x1
_COMPRESSIONS = {zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA}
_DAMAGE = (EOFError, zlib.error, lzma.LZMAError, zipfile.BadZipFile, OSError, RuntimeError, UnicodeDecodeError)
_FETCH_AGAIN = "The file is damaged or cut short; fetch it again (python -m training fetch-vectors)"


@dataclass(frozen=True)
class VectorSource:
    """A vector file, and the member of it where it is a zip."""

    path: Path
    member: str | None = None

    @property
    def name(self) -> str:
        """For messages: the path, and the member behind a colon."""
        return str(self.path) if self.member is None else f"{self.path}:{self.member}"

    @property
    def short_name(self) -> str:
        """For records: the file name of the text itself, without the folder."""
        return self.path.name if self.member is None else Path(self.member).name

    def identity(self) -> tuple[str, int, int, str]:
        """Resolved path, size in bytes, modification time in ns, member: tells one content from another."""
        status = self.path.stat()
        return str(self.path.resolve()), status.st_size, status.st_mtime_ns, self.member or ""


@dataclass(frozen=True)
class LineStream:
    """Lines with their line ends, and how far the reading is: `position()` of `size` bytes."""

    lines: Iterator[bytes]
    position: Callable[[], int]
    size: int


def find_source(choice: str, dimension: int) -> VectorSource:
    """The source that `choice` names: a path, or `file.zip:member`.

    Of a zip with several text members the one whose name holds `.{dimension}d.` is taken. Raises
    `VectorsError` where nothing is there, or the choice of a member is open; it then lists the members.
    """
    path, member = _split_member(choice)
    _require_file(path)
    with _explain(str(path)), path.open("rb") as file:
        magic = file.read(2)
    suffix = path.suffix.lower()
    if (suffix == ".gz" and magic != _GZIP_MAGIC) or (suffix == ".zip" and magic != _ZIP_MAGIC):
        raise VectorsError(f"{path}: the name ends in {suffix} and the content is something else. {_FETCH_AGAIN}.")
    if magic == _ZIP_MAGIC:
        return VectorSource(path, _choose_member(path, member, dimension))
    return VectorSource(path)


@contextmanager
def open_lines(source: VectorSource) -> Iterator[LineStream]:
    """The lines of `source`; damage met while reading is raised as a `VectorsError` that names the file."""
    with ExitStack() as stack:
        with _explain(source.name):  # the opening only: what the caller's block raises is not damage
            stream = _open(source, stack)
        yield stream


def _open(source: VectorSource, stack: ExitStack) -> LineStream:
    file = stack.enter_context(source.path.open("rb"))
    if source.member is not None:
        archive = stack.enter_context(zipfile.ZipFile(file))
        size = archive.getinfo(source.member).file_size
        member = stack.enter_context(archive.open(source.member))
        return LineStream(_lines(member, source.name, stack), member.tell, size)
    size = source.path.stat().st_size
    if file.peek(len(_GZIP_MAGIC)).startswith(_GZIP_MAGIC):
        text = stack.enter_context(gzip.GzipFile(fileobj=file))
        return LineStream(_lines(text, source.name, stack), file.tell, size)
    return LineStream(_lines(file, source.name, stack), file.tell, size)


def _lines(text: gzip.GzipFile | IO[bytes], name: str, stack: ExitStack) -> Iterator[bytes]:
    # BufferedReader asks for a raw stream and is content with any that has readinto.
    buffered = stack.enter_context(io.BufferedReader(cast("io.RawIOBase", text), _BUFFER_BYTES))
    return _explained(iter(partial(buffered.readline, LONGEST_LINE_BYTES), b""), name)


def _explained(lines: Iterator[bytes], name: str) -> Iterator[bytes]:
    with _explain(name):
        yield from lines


@contextmanager
def _explain(name: str) -> Iterator[None]:
    try:
        yield
    except PermissionError as error:
        raise VectorsError(f"{name}: no permission to read it. Change its mode, or copy it.") from error
    except _DAMAGE as error:
        raise VectorsError(f"{name}: {error or type(error).__name__}. {_FETCH_AGAIN}.") from error


def _split_member(choice: str) -> tuple[Path, str | None]:
    position = choice.lower().find(".zip:")
    if position < 0 or Path(choice).exists():
        return Path(choice), None
    end = position + len(".zip")
    return Path(choice[:end]), choice[end + 1 :]


def _require_file(path: Path) -> None:
    remedy = "Give a GloVe .txt, .gz or .zip, or leave --vectors out for the table in the box"
    if path.is_dir():
        raise VectorsError(f"{path} is a folder, not a vector file. {remedy}.")
    if not path.is_file():
        raise VectorsError(f"{path}: no such vector file. {remedy}.")
    if path.stat().st_size == 0:
        raise VectorsError(f"{path} is empty. {_FETCH_AGAIN}.")


def _choose_member(path: Path, wanted: str | None, dimension: int) -> str:
    with _explain(str(path)), zipfile.ZipFile(path) as archive:
        members = {info.filename: info for info in archive.infolist() if not info.is_dir()}
    if wanted is None:
        wanted = _only_member(path, list(members), dimension)
    elif wanted not in members:
        raise VectorsError(f"{path} has no member {wanted!r}. {_listed(path, list(members))}")
    info = members[wanted]
    if info.flag_bits & _ENCRYPTED or info.compress_type not in _COMPRESSIONS:
        raise VectorsError(
            f"{path}:{wanted} is encrypted or compressed in a way that Python cannot read. "
            f"Unpack it (unzip {path.name}) and give the .txt file."
        )
    return wanted


def _only_member(path: Path, names: list[str], dimension: int) -> str:
    text = [name for name in names if name.lower().endswith((".txt", ".vec")) and not _is_clutter(name)]
    of_dimension = [name for name in text if f".{dimension}d." in Path(name).name]
    for candidates in (text, of_dimension):
        if len(candidates) == 1:
            return candidates[0]
    raise VectorsError(f"{path}: no single text member for {dimension} dimensions. {_listed(path, text or names)}")


def _is_clutter(name: str) -> bool:
    """What macOS and readers of archives add: `__MACOSX/._glove.txt`."""
    return name.startswith("__MACOSX/") or Path(name).name.startswith(".")


def _listed(path: Path, names: list[str]) -> str:
    if not names:
        return "The archive holds no file."
    return f"It holds: {', '.join(names)}. Choose one with --vectors {path}:{names[0]}"
