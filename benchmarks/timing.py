"""How long a call takes. Standard library and NumPy alone, since peers measure themselves with it too."""

import time
from collections.abc import Callable
from itertools import cycle
from typing import Any

import numpy as np
from numpy.typing import NDArray


def microseconds_a_text(
    run: Callable[[NDArray[np.int32]], Any], ids: NDArray[np.int32], batch: int, seconds: float
) -> float:
    """Call `run` with the next `batch` rows of `ids` again and again for `seconds`, after one call that warms up."""
    starts = cycle(range(0, len(ids) - batch + 1, batch))
    run(ids[:batch])
    calls = 0
    began = ended = time.perf_counter()
    while ended - began < seconds:
        start = next(starts)
        run(ids[start : start + batch])
        calls += 1
        ended = time.perf_counter()
    return 1e6 * (ended - began) / (calls * batch)
