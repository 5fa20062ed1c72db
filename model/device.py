"""Where TensorFlow computes, and on how many threads: the first GPU if there is one, or what was asked for."""

import logging
from functools import cache
from typing import Literal

import tensorflow as tf

from model.errors import DeviceError
from model.quiet import silence

Device = Literal["auto", "cpu", "gpu"]

logger = logging.getLogger(__name__)


def select(choice: Device = "auto") -> Literal["cpu", "gpu"]:
    """Make TensorFlow use `choice` and say what that is.

    Must run before the first operation, which is among what it does: devices cannot be hidden later. Raises
    `DeviceError` where a GPU is asked for and TensorFlow sees none.
    """
    chosen = _select(choice)
    _compute_in_half_precision()
    return chosen


@cache
def _compute_in_half_precision() -> None:
    """Once: on most CPUs the first operation in half precision makes a library complain that it is not its own."""
    with silence(), tf.device("CPU:0"):
        tf.zeros(1, tf.float16)


def _select(choice: Device) -> Literal["cpu", "gpu"]:
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
    # Otherwise an Ampere card multiplies with 10 bits of mantissa, and answers differ in the third digit.
    tf.config.experimental.enable_tensor_float_32_execution(False)
    return "gpu"


def limit_threads(intra_op: int, inter_op: int) -> None:
    """Threads inside an operation and for operations side by side; 0 leaves a number to TensorFlow, one a core.

    Must run before the first operation; afterwards they stay as they are, and the log says so.
    """
    try:
        tf.config.threading.set_intra_op_parallelism_threads(intra_op)
        tf.config.threading.set_inter_op_parallelism_threads(inter_op)
    except RuntimeError:
        logger.info("TensorFlow computes already; its numbers of threads stay as they are.")
