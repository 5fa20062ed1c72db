"""The import: a Keras model and a Keras tokenizer that somebody already has become a bundle.

For what the usual tutorials give: one input of padded ids, an embedding, a softmax at the end. The weights stay
as they are; nothing is trained.
"""

import contextlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import keras
import numpy as np

from model import tokenizer_json
from model.padding import Side, pad
from model.registry import Registry
from model.tokenizer import Tokenizer
from training.errors import TrainingError
from training.export import register
from training.keras_loading import load_network
from training.label_names import choose

PROBE_ROWS = 32


@dataclass(frozen=True, slots=True)
class KerasFiles:
    """What to import, and what the files themselves do not say."""

    model: Path
    tokenizer: Path
    labels: tuple[str, ...]
    sequence_length: int | None = None
    """Needed only where the model takes ids of any length."""
    padding: Side = "pre"
    truncating: Side = "pre"
    label_names: Mapping[str, str] | None = None
    """What people read in place of labels; None takes the names of the version that serves."""


def import_keras(files: KerasFiles, registry: Registry, name: str) -> int:
    """Register the network as the next version of `name` and return that version.

    Raises `TrainingError` or `TokenizerError`, saying which file does not fit and what to do.
    """
    _check_labels(files.labels)
    label_names = choose(files.label_names, files.labels, registry, name)
    tokenizer = _load_tokenizer(files.tokenizer)
    network = _load_network(files)
    _check_embedding(network, tokenizer, files)
    rows = _probe(network, tokenizer, files)
    _check_probabilities(network, rows, files)
    facts = {
        "preset": None,
        "labels": files.labels,
        "label_names": label_names,
        "sequence_length": network.input_shape[-1],
        "padding": files.padding,
        "truncating": files.truncating,
    }
    return register(registry, name, network, tokenizer, rows=rows, facts=facts)


def _check_labels(labels: tuple[str, ...]) -> None:
    if not all(labels) or len(set(labels)) != len(labels):
        raise TrainingError(f"The labels {list(labels)} must all be there and different. Give them as --labels A,B,C.")


def _load_tokenizer(path: Path) -> Tokenizer:
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise TrainingError(f"{path} cannot be read ({error}). Write it with tokenizer.to_json() in UTF-8.") from error
    if text.lstrip().startswith('"'):  # json.dumps(tokenizer.to_json()), as many write it: JSON inside JSON
        with contextlib.suppress(ValueError):
            text = json.loads(text)
    return tokenizer_json.load(text, origin=str(path))


def _load_network(files: KerasFiles) -> Any:
    network = load_network(files.model)
    if not getattr(network, "inputs", None):
        raise TrainingError(
            f"{files.model} was saved before it was built, or is not made of layers that Keras can follow. Train it, "
            "or call it on some ids, and save it then."
        )
    if len(network.inputs) != 1 or len(network.outputs) != 1 or len(network.input_shape) != 2:
        raise TrainingError(f"{files.model} must have one input of ids (batch, length) and one output.")
    if network.inputs[0].dtype == "string":
        raise TrainingError(
            f"{files.model} takes texts, not ids; import the part of it that follows the text vectorization."
        )
    length = network.input_shape[-1]
    if length and files.sequence_length not in (None, length):
        raise TrainingError(
            f"{files.model} takes {length} ids, not {files.sequence_length}: leave out --sequence-length."
        )
    return network if length else _with_length(network, files)


def _with_length(network: Any, files: KerasFiles) -> Any:
    if files.sequence_length is None:
        raise TrainingError(f"{files.model} takes ids of any length; say with --sequence-length how long to pad.")
    ids = keras.Input((files.sequence_length,), dtype=network.inputs[0].dtype)
    fixed = keras.models.clone_model(network, input_tensors=ids)
    fixed.set_weights(network.get_weights())
    return fixed


def _check_embedding(network: Any, tokenizer: Tokenizer, files: KerasFiles) -> None:
    for layer in _layers(network):
        if isinstance(layer, keras.layers.Embedding) and layer.input_dim < tokenizer.size:
            raise TrainingError(
                f"{files.tokenizer} gives ids below {tokenizer.size}, but the embedding in {files.model} has "
                f"{layer.input_dim} rows. They are of different trainings, or num_words is not what it was."
            )


def _layers(network: Any) -> Iterator[Any]:
    """The layers of `network`, those of networks inside it too."""
    for layer in network.layers:
        yield layer
        yield from _layers(layer) if isinstance(layer, keras.Model) else ()


def _probe(network: Any, tokenizer: Tokenizer, files: KerasFiles) -> Any:
    """Ids (PROBE_ROWS, length) of all lengths from none to more than fits, the same at every import."""
    random = np.random.default_rng(0)
    length = network.input_shape[-1]
    lengths = np.linspace(0, length + 2, PROBE_ROWS).astype(int)
    sequences = [random.integers(1, max(2, tokenizer.size), n).tolist() for n in lengths]
    return pad(sequences, length, padding=files.padding, truncating=files.truncating)


def _check_probabilities(network: Any, rows: Any, files: KerasFiles) -> None:
    given = keras.ops.convert_to_numpy(network(rows, training=False))
    if given.ndim != 2 or given.shape[1] != len(files.labels):
        shape = ", ".join(map(str, given.shape[1:]))
        remedy = (
            "Tercet needs a softmax over one output a class; a single sigmoid is none."
            if given.shape[1:] == (1,)
            else "Give one label for each output, in the order the model was trained with."
        )
        raise TrainingError(f"{files.model} gives (batch, {shape}) for {len(files.labels)} labels. {remedy}")
    if not (np.isfinite(given).all() and (given >= 0).all() and np.allclose(given.sum(axis=1), 1, atol=1e-4)):
        raise TrainingError(
            f"The outputs of {files.model} are not probabilities (they do not sum to 1). End it with a softmax: "
            "keras.Sequential([model, keras.layers.Softmax()])."
        )
