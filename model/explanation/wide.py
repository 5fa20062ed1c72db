"""The wide part of a network: what each n-gram of a text adds to the logits, looked up in the bundle's own tables.

No approximation: the tables' logits are the sum of what is found here, and of a bias. `model.wide` is the same in the
graph, for training and export.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from model.folding import WIDE_KINDS, weight_of
from model.manifest import Manifest
from model.ngrams import ORDER, place

Floats = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class WidePart:
    """The tables, and what stands beside and behind them."""

    name: str
    """Of the layer that holds the tables."""
    deep: str
    """Of the layer whose logits are added to theirs."""
    unigrams: NDArray[Any]
    """(vocabulary, classes)"""
    checks: NDArray[Any]
    """(buckets, slots)"""
    values: NDArray[Any]
    """(buckets, slots, classes), in steps of `scale`."""
    scale: float
    temperature: float

    def effects(self, ids: NDArray[np.int32]) -> Floats:
        """What the n-grams of ids (length,) add to the logits: (length, 3, classes), by where they end and by order.

        At the temperature of the whole network, so that they are shares of its logits. Zeros at padding, and for
        n-grams that the tables have not.
        """
        here = ids != 0  # (length,)
        buckets, checks = place(ids[None], len(self.checks))
        found = self.checks[buckets[0]] == checks[0, ..., None]  # (length, 2, slots)
        values = self.values[buckets[0]].astype(np.float32)  # (length, 2, slots, classes)
        ngrams = np.einsum("lns,lnsc->lnc", found, values) * self.scale  # (length, 2, classes)
        words = self.unigrams[ids].astype(np.float32)[:, None]  # (length, 1, classes)
        both = np.concatenate([words, ngrams], axis=1) * here[:, None, None]
        return np.asarray(both / self.temperature, np.float32)


def find_wide(manifest: Manifest, weights: Mapping[str, NDArray[Any]]) -> WidePart | None:
    """The wide part of the network that `manifest` describes, None without one. `weights` by Keras path."""
    last = manifest.layers[-len(WIDE_KINDS) - 1 :]
    if tuple(layer.kind for layer in last) != ("Dense", *WIDE_KINDS):
        return None
    deep, tables, _, temperature, _ = (layer.name for layer in last)
    by_name = {name: weights.get(f"{tables}/{name}") for name in ("unigrams", "checks", "values")}
    if any(table is None for table in by_name.values()):
        return None
    return WidePart(
        name=tables,
        deep=deep,
        **by_name,  # type: ignore[arg-type]  # none is None
        scale=float(weight_of(weights, tables, "scale")),
        temperature=float(weight_of(weights, temperature, "temperature")),
    )


def by_position(effects: Floats, ids: NDArray[np.int32]) -> Floats:
    """Effects (length, 3) on one logit shared out to positions (length,): an n-gram's equally over its words.

    The first n-grams of a text begin before it; there, the words that there are share what is padding's.
    """
    shared = np.zeros(len(ids), np.float32)
    for order in range(1, ORDER + 1):
        places = np.arange(len(ids))[:, None] - np.arange(order)  # (length, order), from the last word back
        held = (places >= 0) & (ids[places] != 0)
        counts = held.sum(axis=1)  # (length,)
        np.add.at(shared, places[held], np.repeat(effects[:, order - 1] / np.maximum(counts, 1), counts))
    return shared


def held_by(ids: NDArray[np.int32], end: int, order: int) -> list[int]:
    """The positions of the words in the n-gram of that order that ends at `end`, where a word is."""
    return [position for position in range(max(0, end - order + 1), end + 1) if ids[position]]
