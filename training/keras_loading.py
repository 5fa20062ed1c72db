"""Loading a model file: what Keras 3 saves, and the `.h5` of Keras 2, which Keras 3 by itself refuses.

Does not judge the network that comes out; `training.keras_import` does.
"""

import json
import textwrap
import warnings
import zipfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import keras

from training.errors import TrainingError

_WITHOUT_EFFECT = {"time_major": False, "noise_shape": None, "trainable": True}
"""Arguments that Keras 2 wrote and that these layers of Keras 3 no longer take, with the value that did nothing."""
_CHANGED_LAYERS = ("LSTM", "GRU", "SimpleRNN", "SpatialDropout1D", "Bidirectional")


@dataclass(frozen=True, slots=True)
class _Keras2Layer:
    """Makes the layer of Keras 3 from the configuration of Keras 2."""

    name: str

    def from_config(self, config: dict[str, Any]) -> Any:
        """As Keras's own `from_config`; an argument that changes what the layer does is still refused."""
        return getattr(keras.layers, self.name).from_config(_modern(config))


def _modern(config: dict[str, Any]) -> dict[str, Any]:
    """Without what Keras 3 no longer takes, here and in the layers that a Bidirectional wraps."""
    return {
        key: _modern(value) if isinstance(value, dict) else value
        for key, value in config.items()
        if not (key in _WITHOUT_EFFECT and value == _WITHOUT_EFFECT[key])
    }


def load_network(path: Path) -> Any:
    """The network in a `.keras` or `.h5` file. Raises `TrainingError`."""
    changed = {name: _Keras2Layer(name) for name in _CHANGED_LAYERS}
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of old arguments, which whoever imports a file cannot change
            return keras.models.load_model(path, custom_objects=changed, compile=False)
    except (OSError, ValueError, TypeError, KeyError, AttributeError, zipfile.BadZipFile) as error:
        reason = textwrap.shorten((str(error) or type(error).__name__).splitlines()[0], 200, placeholder=" …")
        raise TrainingError(
            f"{path} is no Keras model that Keras {keras.__version__} reads ({reason}). {_remedy(path)}"
        ) from error


def _remedy(path: Path) -> str:
    version = _saved_by(path)
    if version.startswith("2."):
        return f"It was saved by Keras {version}: save it there once more with model.save('NAME.h5')."
    return "Save it with model.save('NAME.keras')."


def _saved_by(path: Path) -> str:
    """The version of Keras that wrote a `.keras` file, where it can be told."""
    try:
        with zipfile.ZipFile(path) as file:
            return str(json.loads(file.read("metadata.json"))["keras_version"])
    except (OSError, ValueError, KeyError, TypeError, zipfile.BadZipFile):
        return ""
