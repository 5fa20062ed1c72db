"""Model files of Keras 3 and of Keras 2, and what neither wrote."""

import importlib
import json
import warnings
import zipfile
from typing import Any

import keras
import numpy as np
import pytest

from training.errors import TrainingError
from training.keras_loading import load_network

h5py: Any = importlib.import_module("h5py")  # Keras's own, without types
IDS = np.random.default_rng(0).integers(0, 12, (5, 10))


def recurrent(wrapped=False):
    keras.utils.set_random_seed(2)
    lstm = keras.layers.LSTM(3)
    return keras.Sequential(
        [
            keras.Input((10,)),
            keras.layers.Embedding(12, 4, trainable=False),
            keras.layers.SpatialDropout1D(0.2),
            keras.layers.Bidirectional(lstm) if wrapped else lstm,
            keras.layers.Dense(3, activation="softmax"),
        ]
    )


def save(network, path, method="save"):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # of NumPy, inside Keras
        getattr(network, method)(path)
    return path


def as_keras_2_wrote(config):
    """The configuration with the arguments that Keras 2 wrote for these layers."""
    if isinstance(config, list):
        return [as_keras_2_wrote(each) for each in config]
    if not isinstance(config, dict):
        return config
    extras: dict[str, dict[str, Any]] = {
        "LSTM": {"time_major": False, "implementation": 2},
        "SpatialDropout1D": {"noise_shape": None, "trainable": True},
        "Embedding": {"input_length": 10, "batch_input_shape": [None, 10]},
        "Bidirectional": {"trainable": True},
        "InputLayer": {},
    }
    extra = extras.get(str(config.get("class_name")))
    converted = {key: as_keras_2_wrote(value) for key, value in config.items()}
    if extra:
        converted["config"] |= extra
    return converted


def save_as_keras_2(network, path, change=as_keras_2_wrote):
    save(network, path)
    with h5py.File(path, "r+") as file:
        file.attrs["model_config"] = json.dumps(change(json.loads(file.attrs["model_config"])))
        file.attrs["keras_version"] = "2.12.0"
    return path


def test_both_formats_of_keras_3_are_read(tmp_path):
    network = recurrent()
    save(network, tmp_path / "model.keras")
    for path in (tmp_path / "model.keras", save(network, tmp_path / "model.h5")):
        assert np.array_equal(load_network(path)(IDS), network(IDS))


@pytest.mark.parametrize("wrapped", [False, True], ids=["an LSTM", "a bidirectional LSTM"])
def test_an_h5_of_keras_2_is_read(tmp_path, wrapped):
    network = recurrent(wrapped)
    path = save_as_keras_2(network, tmp_path / "model.h5")
    loaded = load_network(path)
    assert np.array_equal(loaded(IDS), network(IDS))
    assert [type(layer) for layer in loaded.layers] == [type(layer) for layer in network.layers]


def test_an_argument_of_keras_2_that_had_an_effect_is_refused(tmp_path):
    def time_major(config):
        return json.loads(json.dumps(as_keras_2_wrote(config)).replace('"time_major": false', '"time_major": true'))

    path = save_as_keras_2(recurrent(), tmp_path / "model.h5", time_major)
    with pytest.raises(TrainingError, match="time_major"):
        load_network(path)


def test_a_keras_file_of_keras_2_is_refused_with_the_way_out(tmp_path):
    path = tmp_path / "model.keras"
    with zipfile.ZipFile(path, "w") as file:
        file.writestr("metadata.json", json.dumps({"keras_version": "2.15.0", "date_saved": "x"}))
        config = {"module": "keras.src.engine.functional", "class_name": "Functional", "config": {}}
        file.writestr("config.json", json.dumps(config))
        file.writestr("model.weights.h5", b"")
    with pytest.raises(
        TrainingError, match=r"saved by Keras 2\.15\.0: save it there once more with model\.save\('NAME"
    ):
        load_network(path)


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("model.keras", b"text"),
        ("model.keras", b""),
        ("model.h5", b"text"),
        ("model.h5", b""),
        ("model.txt", b"text"),
        ("model", b"text"),
    ],
)
def test_what_is_no_model_is_refused_by_its_name(tmp_path, name, content):
    (tmp_path / name).write_bytes(content)
    with pytest.raises(
        TrainingError, match=r"model\S* is no Keras model that Keras \S+ reads .*Save it with"
    ) as caught:
        load_network(tmp_path / name)
    assert "\n" not in str(caught.value)


def test_a_file_that_is_not_there_and_a_folder_are_refused(tmp_path):
    (tmp_path / "folder.keras").mkdir()
    for name in ("none.keras", "none.h5", "folder.keras"):
        with pytest.raises(TrainingError, match=f"{name} is no Keras model"):
            load_network(tmp_path / name)


def test_weights_without_layers_are_refused(tmp_path):
    save(recurrent(), tmp_path / "model.weights.h5", "save_weights")
    with pytest.raises(TrainingError, match=r"model\.weights\.h5 is no Keras model"):
        load_network(tmp_path / "model.weights.h5")


def test_a_truncated_file_is_refused(tmp_path):
    network = recurrent()
    save(network, tmp_path / "model.keras")
    save(network, tmp_path / "model.h5")
    for name in ("model.keras", "model.h5"):
        path = tmp_path / name
        path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
        with pytest.raises(TrainingError, match=f"{name} is no Keras model"):
            load_network(path)


def test_code_inside_a_model_is_not_run(tmp_path):
    network = keras.Sequential([keras.Input((10,)), keras.layers.Lambda(lambda x: x + 1)])
    save(network, tmp_path / "model.keras")
    with pytest.raises(TrainingError, match="is no Keras model that Keras"):
        load_network(tmp_path / "model.keras")
