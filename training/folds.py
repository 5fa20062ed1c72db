"""Folds for cross-validation: by class and by text, as `training.data.splitting` splits, and from a seed.

Which fold a text is in follows from the text, the seed and the other texts of its class, not from the order of rows.
"""

import hashlib
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from model.errors import ConfigError
from training.data.splitting import FRACTIONS, Split, split_by_text
from training.data.validation import identity
from training.errors import DataError

_KEY = "tercet: folds"
"""Another one than that of the split, so that a fold is no part of the rows that a training holds out."""

Rows = NDArray[np.int64]
"""Row numbers, ascending."""


def folds(texts: Sequence[str], targets: NDArray[np.int32], k: int, seed: int = 0) -> list[Rows]:
    """`k` disjoint parts of all rows; `targets` (rows,) are class numbers.

    Of each class a fold has its k-th part to within one row, and of all rows too. The same text, as
    `training.data.validation.identity` has it, is in one fold only. Raises `ConfigError` for fewer than 2 folds,
    `DataError` for more folds than texts.
    """
    if k < 2:
        raise ConfigError(f"{k} folds cannot be learnt from and measured on; there must be 2 at least.")
    distinct, text_of_row = np.unique(_places(texts, f"{_KEY} {seed}"), return_inverse=True)
    if k > len(distinct):
        raise DataError(f"{k} folds need as many texts, and there are {len(distinct)}. Ask for fewer folds.")
    class_of_text = np.full(len(distinct), np.iinfo(np.int32).max, dtype=np.int32)
    np.minimum.at(class_of_text, text_of_row, targets)
    order = np.lexsort((distinct, class_of_text))  # class by class, each in the order of places
    fold_of_text = np.empty(len(distinct), dtype=np.int64)
    fold_of_text[order] = np.arange(len(distinct)) % k
    fold_of_row = fold_of_text[text_of_row]
    return [np.flatnonzero(fold_of_row == fold) for fold in range(k)]


def outer_fold(
    texts: Sequence[str], targets: NDArray[np.int32], fractions: tuple[float, float, float] = FRACTIONS
) -> Rows:
    """The rows that no hyper-parameter may be chosen on: those that a training holds out for its test."""
    return split_by_text(texts, targets, fractions).test


def split_of_fold(
    texts: Sequence[str],
    targets: NDArray[np.int32],
    held_out: Rows,
    *,
    validation_share: float,
    among: Rows | None = None,
    seed: int = 0,
    fold: int = 0,
) -> Split:
    """A training whose test rows are `held_out`: the rest of the rows `among` (None for all) is split by class.

    Of each class, validation gets its share of the rows `among`, held out or not, as in `split_by_text`, and one row
    at least; which ones follows from their texts, `seed` and `fold`. Raises `DataError` where nothing is left of a
    class to learn from.
    """
    among = np.arange(len(texts)) if among is None else among
    rest = np.setdiff1d(among, held_out)
    places = _places([texts[row] for row in rest], f"{_KEY}, validation {seed} {fold}")
    parts: tuple[list[Rows], list[Rows]] = ([], [])
    for target in np.unique(targets[among]):
        rows = rest[targets[rest] == target]
        rows = rows[np.argsort(places[targets[rest] == target], kind="stable")]
        count = max(1, round(int((targets[among] == target).sum()) * validation_share))
        if len(rows) <= count:
            raise DataError(
                f"Class number {target} has {len(rows)} rows outside the fold, too few for a share in training and "
                "validation. Ask for more folds, or add rows."
            )
        for part, chosen in zip(parts, np.split(rows, [count]), strict=True):
            part.append(chosen)
    validation, train = (np.sort(np.concatenate(part)) for part in parts)
    return Split(train, validation, np.sort(held_out))


def _places(texts: Sequence[str], key: str) -> NDArray[np.uint64]:
    """(texts,), where each stands in the order that is dealt out, as `training.data.splitting.place` with a key."""
    return np.array([_place(text, key.encode()) for text in texts], dtype=np.uint64)


def _place(text: str, key: bytes) -> int:
    content = identity(text).encode("utf-8", "surrogatepass")
    return int.from_bytes(hashlib.blake2b(content, key=key, digest_size=8).digest(), "big")
