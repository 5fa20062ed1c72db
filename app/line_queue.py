"""Lines of a stream that wait for their turn, with their numbers, and how many of them are answered at a time."""

from collections.abc import Sequence
from dataclasses import dataclass

from app.classifier import MOST_CHARACTERS, MOST_ROWS
from app.ndjson import Line

MOST_BYTES = MOST_CHARACTERS
"""A line has no more characters than bytes, so the classifier need not cut a part again."""


@dataclass(frozen=True, slots=True)
class Part:
    """Lines in a row that are answered together; the first has the number `first`, counted from 1."""

    first: int
    lines: Sequence[Line]


class LineQueue:
    """Gives lines back in order, in parts that the network runs at once."""

    def __init__(self) -> None:
        self._lines: list[Line] = []
        self._start = 0
        self._bytes = 0
        self.next_number = 1
        """Of the first line that waits, or will."""

    def __len__(self) -> int:
        return len(self._lines) - self._start

    def add(self, lines: Sequence[Line]) -> None:
        """Put `lines` at the end."""
        self._lines = [*self._lines[self._start :], *lines]
        self._start = 0
        self._bytes += _size_bytes(lines)

    def has_full_part(self) -> bool:
        """Whether the next part would not grow by further lines."""
        return len(self) >= MOST_ROWS or self._bytes >= MOST_BYTES

    def take_part(self) -> Part:
        """The next lines, at least one, up to the limits of a part."""
        lines = self._lines[self._start : self._start + MOST_ROWS]
        size_bytes = _size_bytes(lines)
        while size_bytes > MOST_BYTES and len(lines) > 1:
            size_bytes -= len(lines.pop() or b"")
        part = Part(self.next_number, lines)
        self._start += len(lines)
        self._bytes -= size_bytes
        self.next_number += len(lines)
        return part


def _size_bytes(lines: Sequence[Line]) -> int:
    return sum(map(len, filter(None, lines)))
