"""One plain sentence a layer: what it did to this text, with this text's figures."""

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from model.explanation.scene import Scene
from model.explanation.wide import held_by
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
    noun = _noun(scene)
    if not counts.used:
        return f"The vocabulary has none of the {_many(counts.total, noun)}, so all {length} positions hold padding."
    share = "all of" if counts.known == counts.total else f"{counts.known:,} of"
    known = f"The vocabulary has {share} the {_many(counts.total, noun)}"
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
    each = "The one word in the window" if used == 1 else f"Each of the {_many(used, _noun(scene))} in the window"
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
    if scene.wide is not None and layer.name == scene.wide.deep:
        return f"It weighed {given} into the deep part's score for each label: {_scores(scene, output)}."
    if layer is not scene.manifest.layers[-1] or len(labels) != output.size:
        return f"It weighed {given} into {output.size:,}, of which {(output > 0).mean():.0%} are above 0."
    scores = f"a score for each of {len(labels)} labels" if "logits" in scene.outputs else "a number for each label"
    return f"It weighed {given} into {scores}, which give the probabilities {_shares(scene)}."


def _tables(layer: Layer, scene: Scene, output: NDArray[Any], _: NDArray[Any] | None) -> str:
    if scene.wide is None or scene.ngrams is None or layer.name != scene.wide.name:
        return f"It added up what its tables hold for the n-grams of this text: {_scores(scene, output)}."
    there = np.flatnonzero(scene.ids[0])
    found = np.any(scene.ngrams[there], axis=2).sum(axis=0).tolist()  # (3,)
    scores = _scores(scene, output)
    if not len(there):
        return f"There was no word to look up, so its bias alone is its score for each label: {scores}."
    end, order = np.unravel_index(np.ptp(scene.ngrams, axis=2).argmax(), scene.ngrams.shape[:2])
    held = [scene.at[position].token for position in held_by(scene.ids[0], int(end), int(order) + 1)]
    phrase = scene.text[scene.tokens[held[0]].start : scene.tokens[held[-1]].end]
    most = f"; “{phrase}” tells the labels apart most" if any(found) else ""
    return (
        f"Its tables have figures for {found[0]} of {_many(len(there), 'single word')}, "
        f"{found[1]} of {_many(len(there), 'pair')} and {found[2]} of {_many(len(there), 'triple')}{most}. "
        f"Added up, its score for each label: {scores}."
    )


def _add(layer: Layer, scene: Scene, output: NDArray[Any], _: NDArray[Any] | None) -> str:
    if scene.wide is None or layer is not scene.manifest.layers[-3]:
        return _other(layer, scene, output, _)
    deep, wide = (scene.outputs[name] for name in (scene.wide.deep, scene.wide.name))
    sums = (
        f"{a:.2f} {'-' if b < 0 else '+'} {abs(b):.2f} = {c:.2f}" for a, b, c in zip(deep, wide, output, strict=True)
    )
    labels = scene.manifest.labels
    told = ", ".join(f"{label} {sum_}" for label, sum_ in zip(labels, sums, strict=True))
    return f"It added the deep part's score for each label and the wide part's: {told}."


def _temperature(layer: Layer, scene: Scene, output: NDArray[Any], _: NDArray[Any] | None) -> str:
    if scene.wide is None:
        return _other(layer, scene, output, _)
    value = scene.wide.temperature
    effect = "more careful" if value > 1 else "bolder" if value < 1 else "no different"
    return (
        f"It divided each score by {value:.2f}, which makes the probabilities {effect}, and leaves their order: "
        f"{_scores(scene, output)}."
    )


def _softmax(layer: Layer, scene: Scene, output: NDArray[Any], _: NDArray[Any] | None) -> str:
    if layer is not scene.manifest.layers[-1] or len(scene.manifest.labels) != output.size:
        return _other(layer, scene, output, _)
    return f"It made probabilities of the scores: {_shares(scene)}."


def _shares(scene: Scene) -> str:
    """The labels by their probabilities, the likeliest first."""
    ranked = np.argsort(-scene.probabilities, kind="stable")
    return ", ".join(f"{scene.manifest.labels[index]} {scene.probabilities[index]:.1%}" for index in ranked)


def _scores(scene: Scene, output: NDArray[Any]) -> str:
    labels = scene.manifest.labels
    return ", ".join(f"{label} {score:.2f}" for label, score in zip(labels, output.ravel(), strict=False))


def _noun(scene: Scene) -> str:
    """What the tokens are: words, or words and punctuation marks."""
    are_words = {any(char.isalnum() or char == "_" for char in token.word) for token in scene.tokens}
    return {frozenset({True, False}): "words and mark", frozenset({False}): "mark"}.get(frozenset(are_words), "word")


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
    "NgramTables": _tables,
    "Add": _add,
    "Temperature": _temperature,
    "Softmax": _softmax,
}
