"""The export: a trained network becomes a bundle, is loaded back, compared, and only then registered."""

import platform
from collections.abc import Callable
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

import keras
import numpy as np
import tensorflow as tf
from numpy.typing import NDArray

from model import savedmodel
from model.attribution_graph import attribution
from model.bundle import Bundle, complete
from model.network import count_parameters, describe_layers, layer_outputs
from model.registry import Registry
from model.tokenizer import Tokenizer
from model.version import __version__
from training import warmup
from training.errors import TrainingError

PARITY_TOLERANCE = 1e-5
"""Largest difference of a probability between Keras and the bundle that is put down to rounding."""


def register(
    registry: Registry,
    name: str,
    network: Any,
    tokenizer: Tokenizer,
    *,
    rows: NDArray[np.int32],
    facts: dict[str, Any],
    write_beside: Callable[[Path], object] | None = None,
) -> int:
    """Export `network`, compare it with the bundle on `rows` (rows, length), and give it the next version of `name`.

    `facts` are fields of the manifest; `write_beside` writes what goes with the graph into the folder it is given.
    Raises `TrainingError` where the graph cannot be written, or answers otherwise than Keras: nothing is registered.
    """

    def fill(folder: Path) -> None:
        _write_graph(name, network, folder)
        if write_beside is not None:
            write_beside(folder)
        bundle = complete(folder, tokenizer, **_common_facts(name, network), **facts)
        _check_parity(bundle, network, rows)

    return registry.add(name, fill)


def now() -> str:
    """The time in UTC, to the second, in ISO 8601."""
    return datetime.now(UTC).isoformat(timespec="seconds")


def libraries() -> dict[str, str]:
    """The versions that a bundle was made with."""
    return {
        "tercet": __version__,
        "python": platform.python_version(),
        "tensorflow": tf.__version__,
        "keras": version("keras"),
        "numpy": np.__version__,
    }


def _common_facts(name: str, network: Any) -> dict[str, Any]:
    return {
        "name": name,
        "created_at": now(),
        "layers": describe_layers(network),
        "parameters": count_parameters(network),
        "libraries": libraries(),
    }


def _write_graph(name: str, network: Any, folder: Path) -> None:
    try:
        savedmodel.export(network, folder, layer_outputs(network), attribution(network))
        warmup.write(folder, name, network.input_shape[-1])
    except tf.errors.OpError as error:  # how TensorFlow says that a disk is full
        reason = error.message.rpartition("; ")[2].partition(" [Op:")[0]
        raise TrainingError(
            f"The graph could not be written into {folder.parent} ({reason}). Make room there and run the command "
            "again; train --resume goes on after the last epoch."
        ) from error


def _check_parity(bundle: Bundle, network: Any, rows: NDArray[np.int32]) -> None:
    expected = keras.ops.convert_to_numpy(network(rows, training=False))  # (rows, classes)
    gap = float(np.abs(savedmodel.SavedModelEngine(bundle).probabilities(rows) - expected).max())
    if not gap <= PARITY_TOLERANCE:
        raise TrainingError(
            f"The exported graph differs from the trained network by {gap:.1e} (at most {PARITY_TOLERANCE:.0e} is "
            "rounding), so it was not registered. This is a defect of the export; please report it."
        )
