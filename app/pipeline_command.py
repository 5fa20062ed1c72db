"""The pipeline's command line, which is all the service knows of the pipeline: whether it is there, and asking it.

Commands that end soon are run here; trainings are the worker's.
"""

import asyncio
import contextlib
import importlib.util
import logging
import os
import resource
import sys
import sysconfig
from asyncio.subprocess import PIPE, Process
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from app.errors import BodyTooLargeError, PipelineError, PipelineMissingError, RefusedFileError
from app.logs.tracebacks import without_messages
from app.settings import Settings
from model import signature
from model.run_events import Failure, Result, parse

COMMAND = (sys.executable, "-m", "training")

_STACK = ("training", "keras", "sklearn", "matplotlib", "jinja2", "httpx", "pyarrow")
_SECRETS = ("TERCET_API_KEYS", "TERCET_ADMIN_KEYS", "TERCET_DATABASE_URL", "TERCET_QUEUE_URL")
_THREADS = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")
_LONGEST_LINE_BYTES = 64 << 20
_NICE = 10
_TAIL_BYTES = 4096

logger = logging.getLogger(__name__)


def available() -> bool:
    """Whether what the pipeline needs is installed."""
    return not _missing()


def check_available() -> None:
    """Raises `PipelineMissingError`, which says what to install."""
    missing = _missing()
    if missing:
        raise PipelineMissingError(
            f"This installation only serves: {', '.join(missing)} is not installed. Install the extra `train`, "
            "for example: pip install 'tercet[train]'."
        )


def environment(settings: Settings | None = None) -> dict[str, str]:
    """The variables of a process of the pipeline: those of this one but for its secrets, and no more threads than set.

    With `settings` it is a training, which signs what it registers. The process imports the same code as this one,
    whatever lies in the folder that it runs in.
    """
    secrets = _SECRETS if settings else (*_SECRETS, signature.VARIABLE)
    variables = {name: value for name, value in os.environ.items() if name.upper() not in secrets}
    threads = settings.training_threads if settings else 1
    if threads:
        variables |= dict.fromkeys(_THREADS, str(threads))
    variables["PYTHONSAFEPATH"] = "1"
    root = Path(__file__).parents[1]
    if root != Path(sysconfig.get_path("purelib")):
        variables["PYTHONPATH"] = os.pathsep.join(filter(None, (str(root), variables.get("PYTHONPATH"))))
    return variables


async def run(*arguments: str, timeout_s: float = 60, memory_bytes: int | None = None) -> dict[str, Any]:
    """The content of the result of `python -m training …`, a command with `--json` that ends soon.

    The process is killed where the caller is cancelled, and gets no more than `memory_bytes`, where given.
    Raises `PipelineMissingError`; `RefusedFileError` with what is wrong with a data file; `BodyTooLargeError` where its
    rows do not fit into that memory; `PipelineError` where the command failed for another reason, or took too long.
    """
    check_available()
    process = await _start(arguments)
    _restrain(process.pid, memory_bytes)
    try:
        async with asyncio.timeout(timeout_s):
            last, errors = await asyncio.gather(_last_word(process), _tail(process))
            code = await process.wait()
    except TimeoutError:
        raise PipelineError(f"`{arguments[0]}` took more than {timeout_s:g} s and was ended.") from None
    finally:
        await _end(process)
    if isinstance(last, Result):
        return last.content
    if last is None:
        shown, quoted = without_messages(errors), {"quoted": {"stderr": errors}}
        logger.error("`%s` ended with code %d and said: %s", arguments[0], code, shown, extra=quoted)
        raise PipelineError(f"`{arguments[0]}` ended without a result ({_how(code)}); the log says more.")
    if last.problems:
        raise RefusedFileError(last.problems)
    if memory_bytes is not None and (last.type or "").endswith("MemoryError"):
        raise BodyTooLargeError(f"The file takes more than {memory_bytes >> 20:,} MiB of memory. Send fewer rows.")
    raise PipelineError(f"`{arguments[0]}` failed: {last.message}")


def _missing() -> list[str]:
    return [name for name in _STACK if importlib.util.find_spec(name) is None]


async def _start(arguments: Sequence[str]) -> Process:
    try:
        process = await asyncio.create_subprocess_exec(
            *COMMAND,
            *arguments,
            stdin=PIPE,  # held open: with --end-with-stdin, a command does not outlive the service
            stdout=PIPE,
            stderr=PIPE,
            limit=_LONGEST_LINE_BYTES,
            env=environment(),
            start_new_session=True,  # a terminal's Ctrl-C is the service's, which then ends this
        )
    except OSError as error:
        raise PipelineError(f"No process can be started: {error.strerror or error}.") from error
    return process


def _restrain(pid: int, memory_bytes: int | None) -> None:
    """Serving goes first. Long before the process has imported what it needs; of no use where it has ended."""
    with contextlib.suppress(OSError):
        os.setpriority(os.PRIO_PROCESS, pid, _NICE)
        if memory_bytes is not None and sys.platform == "linux":
            resource.prlimit(pid, resource.RLIMIT_AS, (memory_bytes, memory_bytes))


async def _last_word(process: Process) -> Result | Failure | None:
    """Reads until the process says no more."""
    assert process.stdout is not None  # noqa: S101 - it was asked for
    last = None
    async for line in process.stdout:
        event = parse(line)
        if isinstance(event, Result | Failure):
            last = event
    return last


async def _tail(process: Process) -> str:
    """The end of what it writes to standard error."""
    assert process.stderr is not None  # noqa: S101 - it was asked for
    tail = b""
    while block := await process.stderr.read(_TAIL_BYTES):
        tail = (tail + block)[-_TAIL_BYTES:]
    return tail.decode(errors="replace").strip()


async def _end(process: Process) -> None:
    if process.returncode is None:
        with contextlib.suppress(ProcessLookupError):
            process.kill()
        await asyncio.shield(process.wait())


def _how(code: int) -> str:
    return f"signal {-code}: out of memory, or somebody killed it" if code < 0 else f"exit code {code}"
