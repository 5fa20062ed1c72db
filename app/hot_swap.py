"""Another version in the place of the one that serves, while requests are answered.

It is verified, loaded, compiled and tried out first, beside the one that serves; then one assignment makes it the one
that later requests take. Whatever goes wrong before that changes nothing.
"""

import asyncio
import contextlib
import logging
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from typing import Protocol

from app import heap
from app.errors import ConflictError, NotFoundError, StorageError
from app.model_host import ModelHost, Serving
from app.model_watch import ModelWatch, Target
from app.settings import Settings
from app.statistics import Statistics
from app.turns import in_turns
from model.errors import RegistryError, TercetError
from model.registry import Registry

POLL_EVERY_S = 0.5
FIRST_RETRY_S, LONGEST_RETRY_S = 30.0, 600.0
"""A version that cannot be loaded is tried again after the first, then twice as long each time up to the other."""
_TURN_S = 0.0005
"""How long a thread keeps Python to itself while another one waits; by default 5 ms, which requests would notice."""

logger = logging.getLogger(__name__)


class Load(Protocol):
    """Loads a model that the settings choose: its current version, or the one that is named. Blocks."""

    def __call__(self, settings: Settings, version: int | None = None, /) -> Serving:
        """Raises `TercetError` or `OSError`."""


@dataclass(frozen=True, slots=True)
class FailedVersion:
    """The version that should serve and cannot."""

    version: int
    reason: str
    """For a person to read."""


@dataclass(frozen=True, slots=True)
class _Attempt:
    """The last one to load what the registry names."""

    target: Target
    delay_s: float
    again_at: float
    """By the monotonic clock."""


class HotSwap:
    """Changes what a `ModelHost` serves. One change at a time."""

    def __init__(self, settings: Settings, load: Load, models: ModelHost, statistics: Statistics) -> None:
        self._settings, self._load = settings, load
        self._models, self._statistics = models, statistics
        self._registry = Registry(settings.models_folder)
        self._watch = ModelWatch(self._registry, settings.model)
        self.changing = asyncio.Lock()
        """Held while what serves changes; the first load is a change too."""
        self._attempt: _Attempt | None = None
        self.failed: FailedVersion | None = None
        """Set while the registry names a version that this process could not load."""
        self.on_first: Callable[[], None] = lambda: None
        """Called where a model was taken and none served before."""

    async def follow_for_ever(self) -> None:
        """Serve what the registry names, whenever it names another version."""
        while True:
            await asyncio.sleep(POLL_EVERY_S)
            try:
                await self.follow()
            except Exception:  # whatever it was, the version that serves goes on, and a later look may go well
                logger.exception("Following the registry failed; it goes on in %d s", FIRST_RETRY_S)
                await asyncio.sleep(FIRST_RETRY_S)

    async def follow(self) -> None:
        """One look at the registry, and what follows from it."""
        async with self.changing:
            serving = self._models.now()
            target = await self._watch.look(serving.name if serving else None)
            if target is None:
                return
            if serving is not None and target.version == serving.version:
                self.failed = self._attempt = None
            elif self._is_due(target):
                await self._try(target)

    async def promote(self, version: int) -> Serving:
        """Make `version` of the model that serves the current one, once this process has it ready, and serve it.

        Raises `NotReadyError` where no model serves, `NotFoundError`, `ConflictError` where the version cannot be
        served, and `StorageError` where the registry cannot be written. Nothing has changed then.
        """
        async with self.changing:
            before = self._models.serving()
            await self._models.run(partial(self._check_is_there, before.name, version))
            serving = before if version == before.version else await self._prepared(before.name, version)
            await self._models.run(partial(self._point_at, serving, is_new=serving is not before))
            self.failed = self._attempt = None
            if serving is not before:
                self._take(serving)
            return serving

    async def remove(self, version: int) -> None:
        """Delete `version` of the model that serves. Raises `NotReadyError`, `NotFoundError`, `StorageError`, and
        `ConflictError` for the version that serves or should.
        """
        async with self.changing:
            serving = self._models.serving()
            if version == serving.version:
                raise ConflictError(f"{serving.name} {version} serves; promote another version before removing it.")
            await self._models.run(partial(self._remove, serving.name, version))

    def _is_due(self, target: Target) -> bool:
        attempt = self._attempt
        return attempt is None or attempt.target != target or time.monotonic() >= attempt.again_at

    async def _try(self, target: Target) -> None:
        try:
            serving = await self._prepared(target.name, target.version)
        except ConflictError as error:
            self._note_failure(target, str(error))
        else:
            self.failed = self._attempt = None
            self._take(serving)

    def _note_failure(self, target: Target, reason: str) -> None:
        known = self.failed.reason if self.failed else self._models.failure
        if reason != known:
            logger.error("%s %d should serve and cannot: %s", target.name, target.version, reason)
        again = self._attempt is not None and self._attempt.target == target
        delay_s = min(LONGEST_RETRY_S, 2 * self._attempt.delay_s) if again and self._attempt else FIRST_RETRY_S
        self._attempt = _Attempt(target, delay_s, time.monotonic() + delay_s)
        self.failed = FailedVersion(target.version, reason)
        if self._models.now() is None:
            self._models.failure = reason

    async def _prepared(self, name: str, version: int) -> Serving:
        """A version ready to serve. Raises `ConflictError` with the reason where it cannot."""
        began = time.monotonic()
        try:
            serving = await self._models.run(partial(self._prepare, name, version))
        except (TercetError, OSError) as error:
            reason = str(error)
        except Exception as error:
            logger.exception("Loading %s %d failed", name, version)
            reason = f"The model cannot be loaded ({type(error).__name__}: {error})."
        else:
            logger.info("Loaded %s %d in %.2f s", name, version, time.monotonic() - began)
            return serving
        self._statistics.swap_failed()
        raise ConflictError(reason)

    def _prepare(self, name: str, version: int) -> Serving:
        """In the loading thread."""
        with _short_turns(), in_turns(self._statistics.requests):
            serving = self._load(self._settings.model_copy(update={"model": name}), version)
            if self._settings.compile:
                serving.compile()
            heap.tidy()
        return serving

    def _take(self, serving: Serving) -> None:
        before = self._models.now()
        self._models.take(serving)
        if before is None:
            heap.settle()
            self.on_first()
        else:
            self._statistics.swapped()
        logger.info("Serving: %s %d on %s", serving.name, serving.version, serving.device)

    def _check_is_there(self, name: str, version: int) -> None:
        try:
            self._registry.path(name, version)
        except RegistryError as error:
            raise NotFoundError(str(error)) from error

    def _point_at(self, serving: Serving, *, is_new: bool) -> None:
        """Write the pointer, unless it says so already. In the loading thread."""
        try:
            if is_new or not self._is_current(serving):
                self._registry.promote(serving.name, serving.version, verified=is_new)
        except TercetError as error:
            raise ConflictError(str(error)) from error
        except OSError as error:
            raise StorageError(f"The registry cannot be written: {error.strerror or error}.") from error

    def _is_current(self, serving: Serving) -> bool:
        try:
            return self._registry.current(serving.name) == serving.version
        except RegistryError:  # a damaged pointer
            return False

    def _remove(self, name: str, version: int) -> None:
        self._check_is_there(name, version)
        try:
            self._registry.remove(name, version)
        except RegistryError as error:
            raise ConflictError(str(error)) from error
        except OSError as error:
            raise StorageError(f"The registry cannot be written: {error.strerror or error}.") from error


@contextlib.contextmanager
def _short_turns() -> Iterator[None]:
    before = sys.getswitchinterval()
    sys.setswitchinterval(_TURN_S)
    try:
        yield
    finally:
        sys.setswitchinterval(before)
