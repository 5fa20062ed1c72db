"""One daemon thread that does what it is given, in order, for callers on an event loop.

A daemon, since a thread inside TensorFlow cannot be interrupted and must not keep the process from ending.
"""

import asyncio
import contextvars
import queue
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future
from functools import partial
from typing import Any, TypeVar

T = TypeVar("T")


class BackgroundThread:
    """A thread of its own for blocking calls. Starts with the first call and ends with the process."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._tasks: queue.SimpleQueue[tuple[Future[Any], Callable[[], Any]]] = queue.SimpleQueue()
        self._thread: threading.Thread | None = None
        self._busy_since: float | None = None

    async def run(self, call: Callable[[], T]) -> T:
        """What `call` returns or raises. Cancelled before its turn, `call` never runs."""
        if self._thread is None:
            self._thread = threading.Thread(target=self._work, name=self._name, daemon=True)
            self._thread.start()
        future: Future[T] = Future()
        # In the context of the caller, so that what it logs bears the name of the request.
        self._tasks.put((future, partial(contextvars.copy_context().run, call)))
        return await asyncio.wrap_future(future)

    def busy_s(self) -> float:
        """How long the present call has taken; 0 where there is none."""
        since = self._busy_since
        return 0.0 if since is None else time.monotonic() - since

    def _work(self) -> None:
        while True:
            task = self._tasks.get()
            self._do(*task)
            del task  # or the last call's arrays live until the next one

    def _do(self, future: Future[Any], call: Callable[[], Any]) -> None:
        if not future.set_running_or_notify_cancel():
            return
        self._busy_since = time.monotonic()
        try:
            result = call()
        except BaseException as error:  # noqa: BLE001 - it is the caller's, whatever it is
            self._busy_since = None  # before the caller is told, who may ask
            future.set_exception(error)
        else:
            self._busy_since = None
            future.set_result(result)
