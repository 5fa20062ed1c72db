"""The way of an upload: received, checked, kept. Checks run one at a time, since each holds a whole file in memory."""

import asyncio
from collections.abc import Coroutine
from dataclasses import dataclass
from typing import Any, TypeVar

from starlette.requests import ClientDisconnect, Request

from app import pipeline_command
from app.datasets.store import DatasetStore
from app.datasets.upload import Upload, received
from app.errors import UnsupportedFormatError
from app.patience import go_at_own_pace
from app.settings import Settings
from app.storage.tables import DatasetVersion

LONGEST_CHECK_S = 600
LEAST_CHECK_BYTES, MEMORY_PER_BYTE = 2 << 30, 24
"""Address space of a check. Rows of 90 bytes take 6 times their size; a small Parquet file may hold any number."""

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Columns:
    """Which columns the caller named; None leaves the choice to the check."""

    text: str | None = None
    label: str | None = None

    def options(self) -> list[str]:
        """For the command line. One word each, so that a name that begins with a dash is still a name."""
        named = (("--text-column", self.text), ("--label-column", self.label))
        return [f"{option}={name}" for option, name in named if name]


class Intake:
    """Takes uploads."""

    def __init__(self, settings: Settings, store: DatasetStore) -> None:
        self._settings, self._store = settings, store
        self._checking = asyncio.Semaphore(1)

    async def take(self, request: Request, name: str, columns: Columns) -> tuple[DatasetVersion, bool]:
        """Keep the body of `request` under `name`; the version, and whether its content is new.

        Raises `UnsupportedFormatError`; what `app.datasets.upload.received`, `app.pipeline_command.run` and
        `DatasetStore.add` raise. Nothing is left behind then, nor where the caller is cancelled.
        """
        _check_content_type(request)
        go_at_own_pace(request.scope)
        pipeline_command.check_available()
        settings = self._settings
        place = received(request, settings.datasets_folder, settings.max_dataset_bytes, settings.stream_idle_s)
        async with place as upload:
            facts = await _unless_gone(request, self._facts(upload, columns))
            return await _to_the_end(asyncio.to_thread(self._store.add, name, upload, facts))

    async def _facts(self, upload: Upload, columns: Columns) -> dict[str, Any]:
        async with self._checking:
            memory = LEAST_CHECK_BYTES + MEMORY_PER_BYTE * self._settings.max_dataset_bytes
            arguments = ("--json", "--end-with-stdin", f"--data={upload.path}", *columns.options())
            return await pipeline_command.run("check", *arguments, timeout_s=LONGEST_CHECK_S, memory_bytes=memory)


def _check_content_type(request: Request) -> None:
    if request.headers.get("content-type", "").lower().startswith("multipart/"):
        raise UnsupportedFormatError(
            "The body has to be the file itself, not a form: send it by `curl -T FILE URL`, or --data-binary @FILE."
        )


async def _unless_gone(request: Request, work: Coroutine[Any, Any, T]) -> T:
    """What `work` gives; it is cancelled, and `ClientDisconnect` raised, where the client leaves before."""
    tasks = asyncio.create_task(work), asyncio.create_task(_gone(request))
    try:
        done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
    if tasks[0] in done:
        return await tasks[0]
    raise ClientDisconnect


async def _gone(request: Request) -> None:
    while (await request.receive())["type"] != "http.disconnect":
        pass


async def _to_the_end(work: Coroutine[Any, Any, T]) -> T:
    """A thread cannot be cancelled: where the caller is, the file must not be taken away from under it."""
    task = asyncio.create_task(work)
    try:
        return await asyncio.shield(task)
    except asyncio.CancelledError:
        await asyncio.wait([task])
        raise
