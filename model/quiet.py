"""Importing TensorFlow without the notices that its C++ side writes to standard error before logging is set up."""

import os
import sys


def import_tensorflow() -> None:
    """Import TensorFlow; what its libraries print at import is dropped, an import error is not.

    Redirects file descriptor 2 for the time of the import, so call it before other threads have much to say.
    """
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
    sys.stderr.flush()
    kept = os.dup(2)
    nowhere = os.open(os.devnull, os.O_WRONLY)
    try:
        os.dup2(nowhere, 2)
        import tensorflow as tf  # noqa: F401 - the import is the point, and it takes seconds
    finally:
        os.dup2(kept, 2)
        os.close(kept)
        os.close(nowhere)
