"""The device that TensorFlow computes on: the first GPU where there is one, else the CPU, or what was asked for."""

from typing import Literal

import tensorflow as tf

from model.errors import DeviceError

Device = Literal["auto", "cpu", "gpu"]


def select(choice: Device = "auto") -> Literal["cpu", "gpu"]:
    """Make TensorFlow use `choice` and say what that is.

    Must run before the first operation: devices cannot be hidden later. Raises `DeviceError` where a GPU is asked
    for and TensorFlow sees none.
    """
    gpus = tf.config.list_physical_devices("GPU")
    if choice == "gpu" and not gpus:
        raise DeviceError(
            "A GPU was asked for, but TensorFlow sees none. Install the GPU build (pip install '.[gpu]') and "
            "check that nvidia-smi lists the card, or choose device auto or cpu."
        )
    if choice == "cpu":
        tf.config.set_visible_devices([], "GPU")
    if choice == "cpu" or not gpus:
        return "cpu"
    for gpu in gpus:
        # Otherwise TensorFlow takes the whole memory of the card at the first operation.
        tf.config.experimental.set_memory_growth(gpu, True)
    return "gpu"
