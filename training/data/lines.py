"""The lines of a text file, plain or gzip, decoded from UTF-8 one by one and in constant memory.

Lines are decoded here rather than by `open(encoding=...)` because a message about a wrong byte has to name its
value, its offset and its line, and because reading goes on to count the rest.
"""

import codecs
import gzip
import io
import zlib
from collections.abc import Iterator
from functools import partial
from pathlib import Path

from training.data.problems import Kind, ProblemLog

LINE_LIMIT_BYTES = 16 * 2**20  # a longer line is no short text but a file of another kind

# What files begin with that are often given a text file's name by mistake.
DISGUISES = {
    codecs.BOM_UTF16_LE: "is UTF-16. Convert it: iconv -f UTF-16 -t UTF-8 OLD > NEW",
    codecs.BOM_UTF16_BE: "is UTF-16. Convert it: iconv -f UTF-16 -t UTF-8 OLD > NEW",
    b"\x1f\x8b": "is compressed by gzip. Add .gz to its name",
    b"PK\x03\x04": "is a zip archive or an Excel workbook. Unpack it, or save it as CSV (UTF-8)",
    b"PAR1": "is Parquet. Name it .parquet",
}


def decoded_lines(path: Path, log: ProblemLog) -> Iterator[str]:
    """The lines with their endings; a byte order mark is left out.

    Bytes that are not UTF-8 and NUL bytes are counted in `log` and replaced. Raises `InvalidDataError` where the
    file cannot be read, is damaged, is of another kind, or has a line over `LINE_LIMIT_BYTES`.
    """
    offset = 0
    for number, raw in enumerate(raw_lines(path, log), 1):
        if number == 1:
            refuse_disguise(raw, log)
        if len(raw) > LINE_LIMIT_BYTES:
            raise log.failure(
                Kind.UNREADABLE, f"line {number} is longer than {LINE_LIMIT_BYTES:,} bytes. Is it a text file?"
            )
        line = decode(raw, number, offset, log)
        offset += len(raw)
        yield line.removeprefix("\ufeff") if number == 1 else line


def raw_lines(path: Path, log: ProblemLog) -> Iterator[bytes]:
    """The undecoded lines, each cut one byte beyond the limit."""
    try:
        with open_bytes(path) as stream:
            yield from iter(partial(stream.readline, LINE_LIMIT_BYTES + 1), b"")
    except (EOFError, gzip.BadGzipFile, zlib.error) as error:
        remedy = "Fetch or compress it again; `gzip -t FILE` checks it"
        raise log.failure(Kind.UNREADABLE, f"damaged or truncated gzip ({error}). {remedy}") from error
    except OSError as error:
        raise log.failure(Kind.UNREADABLE, f"cannot be read: {error.strerror or error}") from error


def open_bytes(path: Path) -> io.BufferedIOBase:
    """The uncompressed content."""
    return gzip.open(path, "rb") if path.suffix.lower() == ".gz" else path.open("rb")


def refuse_disguise(raw: bytes, log: ProblemLog) -> None:
    """Stop at a file that is not what its name says."""
    for beginning, message in DISGUISES.items():
        if raw.startswith(beginning):
            raise log.failure(Kind.UNREADABLE, f"the content {message}")


def decode(raw: bytes, number: int, offset: int, log: ProblemLog) -> str:
    """One line, which begins `offset` bytes into the (uncompressed) file."""
    if b"\0" in raw:
        log.add(Kind.NUL_BYTE, number, f"offset {offset + raw.index(0):,}")
        raw = raw.replace(b"\0", b"")
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError as error:
        log.add(Kind.WRONG_ENCODING, number, f"byte 0x{raw[error.start]:02X} at offset {offset + error.start:,}")
        return raw.decode("utf-8", errors="replace")
