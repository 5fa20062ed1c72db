"""The graph of a bundle: a Keras network is exported to a SavedModel, and a SavedModel is loaded to answer.

It never goes through `keras.Model.predict`, whose fixed cost a call is some fifty times that of the graph. What
serves is mostly the fold of it, see `model.engine`.
"""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import tensorflow as tf
from numpy.typing import NDArray

from model.bundle import GRAPH, Bundle
from model.errors import BundleError

SERVING = "serving_default"
EXPLAIN = "explain"
ATTRIBUTE = "attribute"
_BY_ID = ("/embeddings", "/unigrams")
"""Weights that have a row for each id."""
STEPS = 16
"""Steps in one run of `attribute`. A gradient among known sizes takes half the operations, and so to load."""


def export(
    network: Any,
    folder: Path,
    explain: Callable[[Any], Mapping[str, Any]] | None = None,
    attribute: Callable[[Any, Any, Any, Any], Mapping[str, Any]] | None = None,
) -> None:
    """Write `network`, ids int32 (batch, length) to probabilities float32 (batch, classes), as a SavedModel.

    Signatures: `serving_default` (`ids` -> `probabilities`) and, where they are given, `explain` (`ids` -> what
    it returns by name) and `attribute` (see `model.attribution_graph`). All signatures share one copy of the weights,
    kept by name as `weights`; `others` are the variables that are no weights, such as the random states of dropout,
    which a graph may mention without using.
    """
    ids = tf.TensorSpec((None, network.input_shape[-1]), tf.int32, name="ids")
    module = tf.Module()
    module.weights = {weight.path: weight.value for weight in network.weights}
    weights = {id(weight) for weight in network.weights}
    module.others = [variable.value for variable in network.variables if id(variable) not in weights]
    module.serve = tf.function(lambda ids: {"probabilities": network(ids, training=False)}, input_signature=[ids])
    signatures = {SERVING: module.serve}
    if explain is not None:
        module.explain = tf.function(explain, input_signature=[ids])
        signatures[EXPLAIN] = module.explain
    if attribute is not None:
        module.attribute = tf.function(attribute, input_signature=_attribute_inputs(network))
        signatures[ATTRIBUTE] = module.attribute
    tf.saved_model.save(module, str(folder), signatures=signatures)


def _attribute_inputs(network: Any) -> list[tf.TensorSpec]:
    return [
        tf.TensorSpec((1, network.input_shape[-1]), tf.int32, name="ids"),
        tf.TensorSpec((), tf.int32, name="label"),
        tf.TensorSpec((STEPS,), tf.float32, name="alphas"),
        tf.TensorSpec((STEPS,), tf.float32, name="weights"),
    ]


class SavedModelEngine:
    """The SavedModel's own signature, called directly."""

    best_batch = 256
    inline_rows = 0

    def __init__(self, bundle: Bundle) -> None:
        """Load the graph of a verified bundle. Raises `BundleError` where it is not what the manifest says."""
        self._loaded = _load(bundle.folder)
        self._serve = self._loaded.signatures.get(SERVING)
        _check_signature(bundle, self._serve)
        _check_rows(bundle, self._loaded)

    def probabilities(self, ids: NDArray[np.int32]) -> NDArray[np.float32]:
        """See `model.engine.Engine.probabilities`."""
        answer: NDArray[np.float32] = self._serve(ids=tf.constant(ids))["probabilities"].numpy()
        return answer

    def compile(self) -> None:
        """Nothing: its graph is as it was exported."""

    def weights(self) -> dict[str, NDArray[Any]]:
        """The weights by their Keras paths, such as `lstm/lstm_cell/kernel`; empty where another tool exported it.

        float32, but for what the network keeps in half precision: word vectors and tables of n-grams.
        """
        return {path: weight.numpy() for path, weight in getattr(self._loaded, "weights", {}).items()}

    def explain(self, ids: NDArray[np.int32]) -> dict[str, NDArray[np.float32]]:
        """Every layer's output by name, for ids (texts, sequence_length). Raises `BundleError` without it."""
        signature = self._loaded.signatures.get(EXPLAIN)
        if signature is None:
            raise BundleError(f"The bundle has no signature {EXPLAIN!r}; train it with Tercet to look inside it.")
        return {name: tensor.numpy() for name, tensor in signature(ids=tf.constant(ids)).items()}

    @property
    def can_attribute(self) -> bool:
        """Whether the bundle can say what each word adds to a logit."""
        return ATTRIBUTE in self._loaded.signatures

    def attribute(
        self, ids: NDArray[np.int32], label: int, alphas: NDArray[np.float32], weights: NDArray[np.float32]
    ) -> dict[str, NDArray[np.float32]]:
        """Integrated gradients of `label`'s logit for ids (1, sequence_length), from padding alone to the text.

        `alphas` and `weights` (k,), k from 1, are the nodes and weights of a quadrature over [0, 1]. What comes back:
        `model.attribution_graph.attribution`. Raises `BundleError` where the bundle cannot.
        """
        if not self.can_attribute:
            raise BundleError(f"The bundle has no signature {ATTRIBUTE!r}: its network is of a form that has none.")
        steps, room = len(alphas), (0, -len(alphas) % STEPS)
        along = np.stack([np.pad(alphas, room), np.pad(weights, room)]).reshape(2, -1, STEPS)  # (2, runs, STEPS)
        runs = [self._attribute(ids, label, *part) for part in along.swapaxes(0, 1)]
        logits = [run.pop("logits") for run in runs]  # (STEPS + 2, classes) each
        on_the_way = np.concatenate([each[:STEPS] for each in logits])[:steps]  # (k, classes)
        effects = {name: np.sum([run[name] for run in runs], axis=0) for name in runs[0]}
        return effects | {"logits": np.concatenate([on_the_way, logits[0][STEPS:]])}

    def _attribute(
        self, ids: NDArray[np.int32], label: int, alphas: NDArray[np.float32], weights: NDArray[np.float32]
    ) -> dict[str, NDArray[np.float32]]:
        given = {"ids": ids, "label": np.int32(label), "alphas": alphas, "weights": weights}
        answer = self._loaded.signatures[ATTRIBUTE](**{name: tf.constant(value) for name, value in given.items()})
        return {name: tensor.numpy() for name, tensor in answer.items()}


def _load(folder: Path) -> Any:
    try:
        return tf.saved_model.load(str(folder))
    except (OSError, ValueError, KeyError, tf.errors.OpError) as error:
        raise BundleError(
            f"{folder}: TensorFlow {tf.__version__} cannot load {GRAPH} ({str(error).splitlines()[0]}). "
            "Train or import the bundle again with this version."
        ) from error


def _check_signature(bundle: Bundle, serve: Any) -> None:
    where, manifest = f"{bundle.folder}: {GRAPH}", bundle.manifest
    inputs = {} if serve is None else serve.structured_input_signature[1]
    outputs = {} if serve is None else serve.structured_outputs
    if set(inputs) != {"ids"} or "probabilities" not in outputs:
        raise BundleError(f"{where} has no signature {SERVING!r} from ids to probabilities. Export it with Tercet.")
    length, classes = inputs["ids"].shape[-1], outputs["probabilities"].shape[-1]
    if length != manifest.sequence_length:
        raise BundleError(
            f"{where} reads {length} ids, but the manifest's sequence_length is {manifest.sequence_length}. "
            "They are of different trainings; train or import the bundle again."
        )
    if classes != len(manifest.labels):
        raise BundleError(
            f"{where} gives {classes} probabilities for the {len(manifest.labels)} labels of the manifest. "
            "They are of different trainings; train or import the bundle again."
        )


def _check_rows(bundle: Bundle, loaded: Any) -> None:
    """Of the tables with a row for each id, such as the word vectors."""
    for name, weight in getattr(loaded, "weights", {}).items():
        rows = weight.shape[0] if weight.shape.rank else 0
        if name.endswith(_BY_ID) and rows < bundle.manifest.vocabulary_size:
            raise BundleError(
                f"{bundle.folder}: {GRAPH} has {name} of {rows} rows, but the tokenizer gives ids below "
                f"{bundle.manifest.vocabulary_size}. They are of different trainings; train or import the bundle again."
            )
