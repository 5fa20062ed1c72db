"""Blocking work in a thread that leaves Python to the event loop while requests come.

The interpreter runs one thread at a time. Work that is mostly Python holds up every request meanwhile, a few
milliseconds at each of the several times that a request needs the interpreter. So it is cut into turns: after each it
sleeps, and requests have the interpreter to themselves. What a single call into C takes cannot be cut. Rests have a
limit in all: on a slow or busy machine, work that is long by itself would otherwise take minutes.
"""

import contextlib
import sys
import time
from collections.abc import Callable, Iterator
from types import FrameType

TURN_S = 0.0005
"""How long it works at a stretch."""
REST_S = 0.010
"""How long it then sleeps: 20 of 21 parts of the time are left to requests, and the work takes as many times longer."""
LONGEST_REST_S = 20.0
"""How long it sleeps in all; what is left then is done at a stretch. A version of the same form needs 7 s."""
_QUIET_AFTER_S = 0.1
"""Where no request came for so long, there is nobody to rest for."""


@contextlib.contextmanager
def in_turns(requests: Callable[[], float]) -> Iterator[None]:
    """Let the calling thread work in turns inside the block; others are not touched.

    `requests` counts those that came so far. Python calls a thread's profiler at each call and return, also of
    functions in C: the places to rest.
    """
    ends, last, since = time.perf_counter() + TURN_S, requests(), -_QUIET_AFTER_S
    left_s = LONGEST_REST_S

    def rest_when_due(_frame: FrameType, _event: str, _argument: object) -> None:
        nonlocal ends, last, since, left_s
        moment = time.perf_counter()
        if moment < ends:
            return
        count = requests()
        if count != last:
            last, since = count, moment
        if moment - since < _QUIET_AFTER_S:
            time.sleep(REST_S)
            left_s -= time.perf_counter() - moment
            if left_s <= 0:
                sys.setprofile(before)
        ends = time.perf_counter() + TURN_S

    before = sys.getprofile()
    sys.setprofile(rest_when_due)
    try:
        yield
    finally:
        sys.setprofile(before)
