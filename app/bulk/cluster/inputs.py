"""Which files a run reads, and that nothing it writes or removes is among them."""

import os
from collections.abc import Sequence
from pathlib import Path

from app.bulk.cluster.places import Place
from app.bulk.errors import InputError, OutputError
from app.bulk.formats import FORMATS, input_format


def find(source: Place) -> tuple[list[Place], int]:
    """The files to read, in order, and how many others were left alone. Raises `InputError` where there is none."""
    if not source.has_pattern and not source.is_folder():
        if not source.exists():
            raise InputError(f"{source} is not there.")
        input_format(Path(source.name))
        return [source], 0
    there = source.files()
    found = [each for each in there if _is_known(each)]
    if not found:
        raise InputError(f"{source} holds no file that ends in {', '.join(FORMATS)}.")
    return found, len(there) - len(found)


def check_apart(source: Place, inputs: Sequence[Place], target: Place) -> None:
    """Raise `OutputError` where the output is an input, holds one, or lies where the same command would read it."""
    out = _real(target)
    for each in inputs:
        if _real(each) == out:
            raise OutputError(f"{target} is the input. Name another output.")
        if _real(each).startswith(f"{out}/"):
            raise OutputError(f"{target} holds the input {each}. Name a folder for the output alone.")
    if list(inputs) != [source] and f"{out}/".startswith(f"{_real(source)}/"):
        raise OutputError(f"{target} lies in {source}, where it would be read as an input. Name a folder elsewhere.")


def _is_known(place: Place) -> bool:
    try:
        return bool(input_format(Path(place.name)))
    except InputError:
        return False


def _real(place: Place) -> str:
    return os.path.realpath(place.url) if place.is_local else place.url.rstrip("/")
