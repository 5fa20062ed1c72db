"""Tells a watcher how far the reading of a vector file is, without slowing it down."""

from collections.abc import Iterator

from training.progress import Progress
from training.vectors.source import LineStream

_LINES_A_REPORT = 5_000


def reported(stream: LineStream, stage: str, progress: Progress) -> Iterator[bytes]:
    """The lines of `stream`; `progress` gets the bytes read so far every few thousand of them."""
    progress.stage(stage, stream.size)
    for number, line in enumerate(stream.lines, 1):
        yield line
        if number % _LINES_A_REPORT == 0:
            progress.advance(min(stream.position(), stream.size))
    progress.advance(stream.size)
