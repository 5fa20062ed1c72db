"""Without a GPU, what is said to TensorFlow is what can be checked; the choice itself is real."""

import logging
import subprocess
import sys

import pytest
import tensorflow as tf

from model.device import limit_threads, select
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
    monkeypatch.setattr(
        tf.config.experimental, "enable_tensor_float_32_execution", lambda on: calls.append(("tf32", on))
    )
    return calls


def test_auto_is_the_cpu_where_there_is_no_gpu(monkeypatch, told):
    monkeypatch.setattr(tf.config, "list_physical_devices", no_gpu)
    assert select("auto") == "cpu"
    assert told == []


def test_auto_is_the_gpu_where_there_is_one_its_memory_grows_and_its_products_are_exact(monkeypatch, told):
    monkeypatch.setattr(tf.config, "list_physical_devices", one_gpu)
    assert select("auto") == "gpu"
    assert told == [("growth", "the card", True), ("tf32", False)]


def test_cpu_hides_the_gpu(monkeypatch, told):
    monkeypatch.setattr(tf.config, "list_physical_devices", one_gpu)
    assert select("cpu") == "cpu"
    assert told == [("GPU", [])]


def test_a_gpu_that_is_asked_for_and_absent_is_an_error_with_a_remedy(monkeypatch, told):
    monkeypatch.setattr(tf.config, "list_physical_devices", no_gpu)
    with pytest.raises(DeviceError, match="TensorFlow sees none. Install the GPU build"):
        select("gpu")


def test_half_precision_is_computed_in_without_complaint():
    code = """
from model.quiet import import_tensorflow
import_tensorflow()
from model.device import select
select("cpu")
import tensorflow as tf
print(tf.zeros(2, tf.float16).numpy().sum())
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert (done.stdout, done.stderr) == ("0.0\n", "")


def test_threads_are_limited_before_the_first_operation():
    code = (
        "import tensorflow as tf; from model.device import limit_threads; limit_threads(1, 2); tf.zeros(1); "
        "t = tf.config.threading; "
        "print(t.get_intra_op_parallelism_threads(), t.get_inter_op_parallelism_threads())"
    )
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert found.stdout.split() == ["1", "2"]


def test_threads_of_a_tensorflow_that_computes_stay_and_the_log_says_so(caplog):
    tf.zeros(1).numpy()
    with caplog.at_level(logging.INFO):
        limit_threads(7, 7)
    assert tf.config.threading.get_intra_op_parallelism_threads() != 7
    assert "stay as they are" in caplog.text
