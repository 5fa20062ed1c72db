"""The heap once a model is loaded: what stays is never collected again, what is free goes back to the system."""

import ctypes
import gc

_YOUNG = 20_000
"""Allocations between two collections of the youngest generation. A request leaves hardly a cycle behind, so Python's
700 (a collection every third request) cost 6 % of the time and find nothing."""


def settle() -> None:
    """Call after loading. TensorFlow's objects stay; a full collection over them would halt every request for 0.3 s."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(_YOUNG, 50, 100)
    _trim()


def tidy() -> None:
    """Call after another model was loaded. Nothing is frozen, so that a model that is gone can be collected."""
    gc.collect()
    _trim()


def _trim() -> None:
    # Loading and compiling leave some 25 MB of holes, which glibc keeps; other C libraries have no such call.
    trim = getattr(ctypes.CDLL(None), "malloc_trim", None)
    if trim is not None:
        trim(0)
