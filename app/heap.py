"""The heap once a model is loaded: what stays is never collected again, what is free goes back to the system."""

import ctypes
import gc


def settle() -> None:
    """Call after loading. TensorFlow's objects stay; a full collection over them would halt every request for 0.3 s."""
    gc.collect()
    gc.freeze()
    # Loading and compiling leave some 25 MB of holes, which glibc keeps; other C libraries have no such call.
    trim = getattr(ctypes.CDLL(None), "malloc_trim", None)
    if trim is not None:
        trim(0)
