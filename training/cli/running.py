"""How a command runs: under a watcher, and with one message and an exit code for whatever goes wrong."""

import os
import sys
import traceback
from collections.abc import Callable

from model.errors import TercetError
from training.console import JsonLines, Terminal, Watcher
from training.errors import BelowBaselineError

BELOW_BASELINE = 4
"""The run ended well, with a network that `--require-better-than-baseline` rules out."""
INTERRUPTED = 130  # 128 + SIGINT, as shells have it
INTERRUPTION = "interrupted; what was finished is kept, and train --resume goes on after the last whole epoch"
"""What a person is told, unless the command says something of its own."""


def run(work: Callable[[Watcher], None], *, as_json: bool) -> None:
    """Do `work` under a watcher; what goes wrong becomes one message and an exit code."""
    watcher: Watcher = JsonLines() if as_json else Terminal()
    code = 0
    with watcher:
        try:
            work(watcher)
        except TercetError as error:
            code = BELOW_BASELINE if isinstance(error, BelowBaselineError) else 1
            _fail(watcher, str(error), code, error)
        except KeyboardInterrupt as error:
            message = str(error) or INTERRUPTION
            code = _fail(watcher, message, INTERRUPTED, error)
        except BrokenPipeError:
            # Whoever read the output is gone; what is buffered for them must not fail again at exit.
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            code = 1
        except OSError as error:
            where = f"{error.filename}: " if error.filename else ""
            message = f"{where}{error.strerror or error}. Nothing half-written is left."
            code = _fail(watcher, message, 1, error)
        except Exception as error:  # a defect, or no memory: told to who watches, with the traceback on standard error
            _let_go(error)
            watcher.error(_in_words(error), error)
            raise
    sys.exit(code)


def _fail(watcher: Watcher, message: str, code: int, error: BaseException) -> int:
    watcher.error(message, error)
    return code


def _let_go(error: BaseException | None) -> None:
    """Free what the calls that led here hold: without memory, not even that can be told. Their lines stay known."""
    while error is not None:
        traceback.clear_frames(error.__traceback__)
        error = error.__cause__ or error.__context__


def _in_words(error: Exception) -> str:
    """What happened; an exception that Python or TensorFlow raises for want of memory says so."""
    if isinstance(error, MemoryError) or type(error).__name__ == "ResourceExhaustedError":
        return f"out of memory: {str(error) or 'the system gave no more'}. Free some, or train with smaller batches."
    return f"{type(error).__name__}: {error}" if str(error) else type(error).__name__
