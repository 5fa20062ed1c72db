"""A command that ends with whoever started it: it watches its standard input, which ends when that process does."""

import os
import threading

ENDED = 3
"""The exit code, which nobody is left to read."""


def end_with_stdin() -> None:
    """From now on, end this process at once when standard input ends; what was committed to disk stays whole."""
    threading.Thread(target=_wait_for_the_end, name="stdin", daemon=True).start()


def _wait_for_the_end() -> None:
    try:
        while os.read(0, 1024):
            pass
    finally:  # also where there is no standard input at all
        os._exit(ENDED)
