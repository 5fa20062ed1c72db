"""The training worker that the service runs itself: a process of its own, started again where it dies.

A thread waits for it, and does nothing else: what serves is not held up, and a fork of a process this large is avoided
(subprocess takes vfork). Where the service is killed, the worker sees the end of its standard input.
"""

import contextlib
import logging
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Sequence

from app import pipeline_command
from app.jobs.lifetime import LONGEST_END_S
from app.settings import Settings
from app.supervision import Backoff

COMMAND = (sys.executable, "-m", "app", "worker", "--embedded")

logger = logging.getLogger(__name__)


class EmbeddedWorker:
    """Keeps one worker running from `start` to `stop`."""

    def __init__(self, settings: Settings, command: Sequence[str] = COMMAND) -> None:
        self._settings, self._command = settings, command
        self._stopped, self._lock = threading.Event(), threading.RLock()
        self._process: subprocess.Popen[bytes] | None = None
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        """Begin, unless the settings say that workers run elsewhere, or it has begun."""
        if self._settings.worker == "none" or self._thread is not None or self._stopped.is_set():
            return
        self._thread = threading.Thread(target=self._keep, name="training-worker", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Tell the worker to end. Returns at once; a signal handler may call it."""
        if self._stopped.is_set():
            return
        with self._lock:
            self._stopped.set()
            if self._process is not None and self._process.poll() is None:
                self._process.send_signal(signal.SIGTERM)

    def join(self) -> None:
        """Wait until the worker has ended, which it has to do in time."""
        if self._thread is None:
            return
        self._thread.join(LONGEST_END_S)
        if self._thread.is_alive():
            logger.error("The training worker did not end in time and was killed")
            with self._lock:
                if self._process is not None:
                    self._process.kill()
            self._thread.join()

    def _keep(self) -> None:
        if not pipeline_command.available():
            logger.info("No training worker: the extra `train` is not installed")
            return
        backoff = Backoff()
        while not self._stopped.is_set():
            began = time.monotonic()
            how = self._live()
            if self._stopped.is_set():
                return
            delay_s = backoff.delay_s(time.monotonic() - began)
            logger.error("The training worker %s; it starts again in %.1f s", how, delay_s)
            self._stopped.wait(delay_s)

    def _live(self) -> str:
        """One worker from its start to its end; how that came."""
        try:
            process = self._start()
        except OSError as error:
            return f"cannot be started: {error.strerror or error}"
        if process is None:
            return "was told to end"
        code = process.wait()
        if process.stdin is not None:
            with contextlib.suppress(OSError):
                process.stdin.close()
        return f"ended by {signal.Signals(-code).name}" if code < 0 else f"ended with code {code}"

    def _start(self) -> subprocess.Popen[bytes] | None:
        with self._lock:
            if self._stopped.is_set():
                return None
            self._process = process = subprocess.Popen(  # noqa: S603 - our own command line
                self._command,
                stdin=subprocess.PIPE,
                stdout=subprocess.DEVNULL,
                process_group=0,  # a terminal's Ctrl-C is the service's, which then ends this
            )
        assert process.stdin is not None  # noqa: S101 - it was asked for
        with contextlib.suppress(BrokenPipeError):
            process.stdin.write(self._settings.model_dump_json().encode() + b"\n")
            process.stdin.flush()
        logger.info("The training worker is process %d", process.pid)
        return process


@contextlib.contextmanager
def embedded_worker(settings: Settings) -> Iterator[EmbeddedWorker]:
    """One that is not started yet, and has ended at the end of the block."""
    worker = EmbeddedWorker(settings)
    try:
        yield worker
    finally:
        worker.stop()
        worker.join()
