"""Bytes as they come over the network become lines, in memory that no sender can make grow."""

Line = bytes | None
"""A line without its newline; None stands for one that was longer than the limit."""


class LineSplitter:
    """Cuts bytes at each newline, however they were cut before. Holds at most `limit_bytes` of an unfinished line."""

    def __init__(self, limit_bytes: int) -> None:
        self._limit_bytes = limit_bytes
        self._held: list[bytes] = []
        self._held_bytes = 0
        """Of the unfinished line so far, also where it became too long and was let go."""

    def feed(self, data: bytes) -> list[Line]:
        """The lines that end within `data`."""
        *ends, rest = data.split(b"\n")
        if not ends:
            self._hold(rest)
            return []
        self._hold(ends[0])
        lines: list[Line] = [self._take(), *ends[1:]]
        if len(data) > self._limit_bytes:
            lines = [None if line is None or len(line) > self._limit_bytes else line for line in lines]
        self._hold(rest)
        return lines

    def end(self) -> list[Line]:
        """The last line, where it lacks its newline."""
        return [self._take()] if self._held_bytes else []

    def _hold(self, piece: bytes) -> None:
        self._held_bytes += len(piece)
        if self._held_bytes <= self._limit_bytes:
            self._held.append(piece)
        else:
            self._held.clear()

    def _take(self) -> Line:
        line = b"".join(self._held) if self._held_bytes <= self._limit_bytes else None
        self._held.clear()
        self._held_bytes = 0
        return line
