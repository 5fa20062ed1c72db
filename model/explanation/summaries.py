"""One plain sentence a layer: what it did to this text, with this text's figures."""

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from model.explanation.scene import Scene
from model.manifest import Layer

Describe = Callable[[Layer, Scene, NDArray[Any], NDArray[Any] | None], str]


def summarize(number: int, scene: Scene) -> str:
    """What the layer in row `number` of the manifest's table did."""
    layers = scene.manifest.layers
    layer, output = layers[number], scene.outputs.get(layers[number].name)
    before = scene.outputs.get(layers[number - 1].name) if number else None
    if output is None:
        return f"A layer of the kind {layer.kind}, whose several outputs are not shown."
    return _BY_KIND.get(layer.kind, _other)(layer, scene, output, before)


def _input(_: Layer, scene: Scene, ids: NDArray[Any], __: NDArray[Any] | None) -> str:
    counts, length = scene.counts, len(ids)
    if not counts.used:
        return f"The vocabulary has none of the {_many(counts.total, 'word')}, so all {length} positions hold padding."
    share = "all of" if counts.known == counts.total else f"{counts.known:,} of"
    known = f"The vocabulary has {share} the {_many(counts.total, 'word')}"
    if counts.truncated:
        kept = "last" if scene.manifest.truncating == "pre" else "first"
        return f"{known}; the ids of the {kept} {length} fill all positions, the others are cut off."
    rest = length - counts.used
    padding = f", and 0, for padding, fills the other {rest:,}" if rest else ""
    fill = "the id fills" if counts.used == 1 else "the ids fill"
    return f"{known}; {fill} {_many(counts.used, 'position')}{padding}."


def _embedding(layer: Layer, scene: Scene, output: NDArray[Any], __: NDArray[Any] | None) -> str:
    used, (length, dim) = scene.counts.used, output.shape
    is_glove = not layer.trainable and "glove" in str(scene.manifest.vectors.get("source", "")).lower()
    numbers = f"{dim} {'GloVe ' if is_glove else ''}numbers"
    if not used:
        return f"There was no word to look up: all {length} positions got the {dim} numbers of padding."
    each = "The one word in the window" if used == 1 else f"Each of the {used} words in the window"
    rest = length - used
    padding = f"; the other {_several(rest, 'position')} got those of padding" if rest else ""
    return f"{each} became its {numbers}{padding}."


def _idle(_: Layer, __: Scene, output: NDArray[Any], ___: NDArray[Any] | None) -> str:
    return f"Works in training alone: all {output.size:,} numbers passed as they were."


def _convolution(layer: Layer, scene: Scene, output: NDArray[Any], _: NDArray[Any] | None) -> str:
    windows, filters = output.shape
    found = scene.convolution
    of = f" of {found.width} words each" if found is not None and found.name == layer.name else ""
    position, strongest = (int(place) for place in np.unravel_index(output.argmax(), output.shape))
    if output[position, strongest] <= 0:
        return f"{filters} filters looked at {_many(windows, 'window')}{of}, and none gave more than 0."
    words = " ".join(scene.words(position)) if of else ""
    where = f"“{words}”" if words else f"window {position}"
    return (
        f"{filters} filters looked at {_many(windows, 'window')}{of}: {(output > 0).mean():.0%} of the numbers are "
        f"above 0, and the largest, {output.max():.2f}, is what filter {strongest} gave for {where}."
    )


def _pooling(layer: Layer, scene: Scene, output: NDArray[Any], before: NDArray[Any] | None) -> str:
    steps, filters = output.shape
    positions = scene.outputs.get(f"{layer.name}_positions")
    if before is None or before.ndim != 2 or positions is None:
        return f"For each of {filters} filters it kept the largest number of each of {_many(steps, 'stretch')}."
    size = len(before) // steps
    in_order = (positions // size == np.arange(steps)[:, None]).all()
    stretch = f"every {size} numbers in a row" if in_order else f"each of {_many(steps, 'stretch')}"
    rest = len(before) - steps * size if in_order else 0
    left = f"; the last {_several(rest, 'window')} fell outside" if rest else ""
    return (
        f"For each of {filters} filters it kept the largest of {stretch}: {output.size:,} of {before.size:,} numbers, "
        f"from {len(np.unique(positions[output != 0])):,} of {len(before)} windows{left}."
    )


def _lstm(layer: Layer, scene: Scene, output: NDArray[Any], _: NDArray[Any] | None) -> str:
    states = scene.outputs.get(f"{layer.name}_states")
    if states is None or states.ndim != 2:
        return f"It read its steps in order and ended with {output.size:,} numbers."
    changes = np.linalg.norm(np.diff(states, axis=0, prepend=0), axis=1)  # (steps,)
    return (
        f"It read {_many(len(states), 'step')} in order and carried {states.shape[1]} numbers along; "
        f"they changed most at step {int(changes.argmax()) + 1}."
    )


def _dense(layer: Layer, scene: Scene, output: NDArray[Any], before: NDArray[Any] | None) -> str:
    given = "its input" if before is None else f"{before.size:,} numbers"
    labels = scene.manifest.labels
    if layer is not scene.manifest.layers[-1] or len(labels) != output.size:
        return f"It weighed {given} into {output.size:,}, of which {(output > 0).mean():.0%} are above 0."
    ranked = np.argsort(-scene.probabilities, kind="stable")
    shares = ", ".join(f"{labels[index]} {scene.probabilities[index]:.1%}" for index in ranked)
    scores = f"a score for each of {len(labels)} labels" if "logits" in scene.outputs else "a number for each label"
    return f"It weighed {given} into {scores}, which give the probabilities {shares}."


def _other(_: Layer, __: Scene, output: NDArray[Any], ___: NDArray[Any] | None) -> str:
    shape = " by ".join(str(size) for size in output.shape)
    return f"It gave {shape} numbers, from {output.min():.2f} to {output.max():.2f}."


def _many(count: int, noun: str) -> str:
    plural = f"{noun}es" if noun.endswith("ch") else f"{noun}s"
    return f"{count:,} {noun if count == 1 else plural}"


def _several(count: int, noun: str) -> str:
    """As `_many`, after a word that says which: "the last window"."""
    return noun if count == 1 else _many(count, noun)


_BY_KIND: dict[str, Describe] = {
    "InputLayer": _input,
    "Embedding": _embedding,
    "Dropout": _idle,
    "SpatialDropout1D": _idle,
    "Conv1D": _convolution,
    "MaxPooling1D": _pooling,
    "LSTM": _lstm,
    "Dense": _dense,
}
