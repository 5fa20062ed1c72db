"""Importing the libraries of a training without the collector of garbage, which takes a quarter of the time and
finds none: what they make stays.
"""

import contextlib
import gc
import sys
from collections.abc import Iterator

from model.quiet import import_tensorflow


@contextlib.contextmanager
def libraries() -> Iterator[None]:
    """TensorFlow is imported; import what needs it inside the block."""
    first = "tensorflow" not in sys.modules
    gc.disable()
    try:
        import_tensorflow()
        yield
        if first:
            gc.freeze()  # a later collection passes over what was imported
    finally:
        gc.enable()
