"""Without a GPU, what is said to TensorFlow is what can be checked; the choice itself is real."""

import pytest
import tensorflow as tf

from model.device import select
from model.errors import DeviceError


def no_gpu(kind):
    return []


def one_gpu(kind):
    return ["the card"]


@pytest.fixture
def told(monkeypatch):
    """What TensorFlow is told, instead of telling it: devices cannot be changed once a test has computed."""
    calls: list[tuple[object, ...]] = []
    monkeypatch.setattr(tf.config, "set_visible_devices", lambda devices, kind: calls.append((kind, devices)))
    monkeypatch.setattr(
        tf.config.experimental, "set_memory_growth", lambda device, on: calls.append(("growth", device, on))
    )
    return calls


def test_auto_is_the_cpu_where_there_is_no_gpu(monkeypatch, told):
    monkeypatch.setattr(tf.config, "list_physical_devices", no_gpu)
    assert select("auto") == "cpu"
    assert told == []


def test_auto_is_the_gpu_where_there_is_one_and_its_memory_grows(monkeypatch, told):
    monkeypatch.setattr(tf.config, "list_physical_devices", one_gpu)
    assert select("auto") == "gpu"
    assert told == [("growth", "the card", True)]


def test_cpu_hides_the_gpu(monkeypatch, told):
    monkeypatch.setattr(tf.config, "list_physical_devices", one_gpu)
    assert select("cpu") == "cpu"
    assert told == [("GPU", [])]


def test_a_gpu_that_is_asked_for_and_absent_is_an_error_with_a_remedy(monkeypatch, told):
    monkeypatch.setattr(tf.config, "list_physical_devices", no_gpu)
    with pytest.raises(DeviceError, match="TensorFlow sees none. Install the GPU build"):
        select("gpu")
