"""A table of cells under keys that come up while the service runs, such as a route and a status; of bounded size.

Each process writes to a table of its own, so that nobody waits for anybody, and a reader puts those of all processes
together by their keys. Keys stay: a process that takes the place of one that died goes on with what it finds.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

OTHER: Final = b"other"
"""The key of all that came up after the table was full."""


@dataclass(frozen=True, slots=True)
class KeyedForm:
    """How a table is laid out: slots of so many cells, of which the first ones are values and the others the key."""

    slots: int
    values: int
    cells: int

    @property
    def size(self) -> int:
        """The cells of a whole table."""
        return self.slots * self.cells

    @property
    def longest_key(self) -> int:
        """In bytes; one goes for its length."""
        return min(8 * (self.cells - self.values) - 1, 254)


class Keyed:
    """The writer's side of a table."""

    def __init__(self, cells: "memoryview[float]", form: KeyedForm) -> None:
        self.cells, self._form = cells, form
        self._bytes = cells.cast("B")
        self._offsets = {key: start for start, key in _keys(self._bytes, form)}

    def offset(self, key: bytes) -> int:
        """Where in `cells` the values of `key` begin. A key that is too long is cut."""
        key = key[: self._form.longest_key]
        known = self._offsets.get(key)
        if known is not None:
            return known
        if len(self._offsets) >= self._form.slots - 1:
            key = OTHER
        return self._offsets[key] if key in self._offsets else self._take(key)

    def _take(self, key: bytes) -> int:
        start = len(self._offsets) * self._form.cells
        at = 8 * (start + self._form.values)
        self._bytes[at + 1 : at + 1 + len(key)] = key
        self._bytes[at] = len(key) + 1  # last, since this makes the slot one that is read
        self._offsets[key] = start
        return start


def read(cells: "memoryview[float]", form: KeyedForm) -> Iterator[tuple[bytes, list[float]]]:
    """Each key of a table and its values."""
    for start, key in _keys(cells.cast("B"), form):
        yield key, [*cells[start : start + form.values]]


def _keys(content: "memoryview[int]", form: KeyedForm) -> Iterator[tuple[int, bytes]]:
    for slot in range(form.slots):
        start = slot * form.cells
        at = 8 * (start + form.values)
        length = content[at]
        if not length:
            return  # slots are taken in order
        yield start, bytes(content[at + 1 : at + length])
