"""Which column holds the texts, and whether the new columns' names are free."""

from collections.abc import Sequence

from app.bulk.errors import InputError
from app.bulk.rows import PredictionColumns

_LISTED = 10


def text_index(names: Sequence[str], wanted: str, source: object) -> int:
    """Where the column `wanted` stands. Raises `InputError` with the columns there are, where it is not there once."""
    found = [index for index, name in enumerate(names) if name == wanted]
    if len(found) == 1:
        return found[0]
    if found:
        raise InputError(f"{source} has the column {wanted!r} {len(found)} times. Rename the others.")
    more = f" and {len(names) - _LISTED:,} more" if len(names) > _LISTED else ""
    there = ", ".join(map(repr, names[:_LISTED])) + more
    raise InputError(f"{source} has no column {wanted!r}; it has {there}. Name the one with the texts: --text-column")


def check_free(names: Sequence[str], added: PredictionColumns, source: object) -> None:
    """Raise `InputError` that names the option, where the input has a column of a new one's name."""
    taken = [name for name in added.names if name in names]
    if taken:
        other = "predicted_" if added.prefix != "predicted_" else "tercet_"
        raise InputError(
            f"{source} has a column {', '.join(map(repr, taken))} already. "
            f"Give the new columns other names: --prefix {other}"
        )


def check_distinct(names: Sequence[str], source: object, target: object) -> None:
    """Raise `InputError` where two columns share a name, for a format that cannot hold that."""
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise InputError(
            f"{source} has the column {', '.join(map(repr, twice))} more than once, which {target} cannot hold. "
            "Rename the others, or write CSV."
        )
