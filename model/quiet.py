"""Importing TensorFlow as a process needs it: fast, silently, before logging is set up, without Keras to serve."""

import contextlib
import gc
import os
import sys
from collections.abc import Iterator

_LEGACY = "TF_USE_LEGACY_KERAS"


def import_tensorflow(*, keras: bool = True) -> None:
    """Import TensorFlow; what its libraries print at import is dropped, an import error is not.

    Without `keras` it comes without Keras, as a SavedModel does: 100 MB and a quarter of the time less. Redirects
    file descriptor 2 for the time of the import, so call it before other threads have much to say.
    """
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
    with no_collection(), silence(), contextlib.nullcontext() if keras else _no_keras():
        import tensorflow as tf  # noqa: F401 - the import is the point, and it takes seconds


@contextlib.contextmanager
def no_collection() -> Iterator[None]:
    """Import without the collector of garbage, which takes a fifth of the time and finds none: what is made stays."""
    before = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if before:
            gc.enable()


@contextlib.contextmanager
def silence() -> Iterator[None]:
    """Drop what anything in this process writes to file descriptor 2 meanwhile; for moments of known noise."""
    sys.stderr.flush()
    kept = os.dup(2)
    nowhere = os.open(os.devnull, os.O_WRONLY)
    try:
        os.dup2(nowhere, 2)
        yield
    finally:
        os.dup2(kept, 2)
        os.close(kept)
        os.close(nowhere)


@contextlib.contextmanager
def _no_keras() -> Iterator[None]:
    """TensorFlow looks for the old Keras instead of importing the present one, and goes on where it finds none.

    The variable is not left behind, since processes that this one starts may want Keras.
    """
    before = os.environ.get(_LEGACY)
    os.environ[_LEGACY] = "1"
    try:
        yield
    finally:
        if before is None:
            del os.environ[_LEGACY]
        else:
            os.environ[_LEGACY] = before
