"""Which format a file has, by how it begins, whatever its name or Content-Type was."""

import codecs
import zlib

_GZIP = b"\x1f\x8b"
_PARQUET = b"PAR1"
_LOOKED_AT_BYTES = 1 << 16


def extension_of(beginning: bytes) -> str:
    """The extension by which the pipeline knows the format: a few kilobytes are enough to tell.

    What is none of the others is CSV; the pipeline's check says what is wrong with it.
    """
    if beginning.startswith(_PARQUET):
        return ".parquet"
    if beginning.startswith(_GZIP):
        return _of_text(_unpacked(beginning)) + ".gz"
    return _of_text(beginning)


def is_gzip(extension: str) -> bool:
    """Whether what `extension_of` said is compressed."""
    return extension.endswith(".gz")


def _of_text(beginning: bytes) -> str:
    content = beginning[:_LOOKED_AT_BYTES].removeprefix(codecs.BOM_UTF8).lstrip()
    if content.startswith((b"{", b"[")):  # a list is not JSON Lines, which the check says better than CSV's would
        return ".jsonl"
    header = content.partition(b"\n")[0]
    return ".tsv" if b"\t" in header else ".csv"


def _unpacked(beginning: bytes) -> bytes:
    try:
        return zlib.decompressobj(zlib.MAX_WBITS | 16).decompress(beginning, _LOOKED_AT_BYTES)
    except zlib.error:
        return b""
