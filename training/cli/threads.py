"""How many threads a training computes with, so that it leaves the rest of the machine to others."""

import os

_VARIABLES = ("TF_NUM_INTRAOP_THREADS", "TF_NUM_INTEROP_THREADS", "OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS")


def limit_threads(count: int) -> None:
    """At most `count` threads an operation in TensorFlow, NumPy and scikit-learn; 0 leaves it at one a core.

    They read it when they are imported, so this comes before.
    """
    if count:
        os.environ.update(variables(count))


def variables(count: int) -> dict[str, str]:
    """That say so to a process that is yet to begin."""
    return dict.fromkeys(_VARIABLES, str(count))
