"""Importing the libraries of a training."""

import contextlib
import gc
import sys
from collections.abc import Iterator

from model.quiet import import_tensorflow, no_collection


@contextlib.contextmanager
def libraries() -> Iterator[None]:
    """TensorFlow is imported; import what needs it inside the block."""
    first = "tensorflow" not in sys.modules
    with no_collection():
        import_tensorflow()
        yield
        if first:
            gc.freeze()  # a later collection passes over what was imported
