"""Looking through inputs before they are cut: small ones not at all, large ones each by a task of the cluster."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from app.bulk.cluster.places import Place
from app.bulk.cluster.slices import WHOLE_BYTES, Cut, Slice, cuts, part_name, slices, stems
from app.bulk.errors import InputError
from app.bulk.formats import open_reader
from app.bulk.rows import Column
from model.errors import TercetError


class Look:
    """At all inputs."""

    def __init__(self, ray: Any, text_column: str, suffix: str) -> None:
        """`suffix` is that of the parts."""
        self._ray, self._text_column, self._suffix = ray, text_column, suffix

    def slices(self, inputs: Sequence[Place]) -> list[Slice]:
        """Of all, in order. Raises `InputError`."""
        large = [each for each in inputs if each.size() > WHOLE_BYTES]
        through = self._ray.remote(look_through).options(num_cpus=1)
        found = dict(
            zip(large, self._ray.get([through.remote(each.url, self._text_column) for each in large]), strict=True)
        )
        names = stems([each.url for each in inputs])
        made: list[Slice] = []
        for each in inputs:
            stem = names[each.url]
            if each in found:
                if isinstance(found[each], str):
                    raise InputError(found[each])
                made += slices(each.url, stem, self._suffix, *found[each])
            else:
                made.append(Slice(each.url, part_name(stem, 0, self._suffix)))
        return made


def look_through(url: str, text_column: str) -> "tuple[list[Cut], list[Column]] | str":
    """Where an input may be cut, and its columns; or what is wrong with it. Runs on a node."""
    try:
        with Place(url).on_disk() as path:
            reader = open_reader(Path(path), text_column, None)
            return list(cuts(reader)), list(reader.columns)
    except TercetError as error:
        return str(error)
