"""What the registry says should serve, looked at in a thread of its own: a slow disk holds up nobody but itself.

It loads nothing; `app.hot_swap` does what follows from it.
"""

import logging
from dataclasses import dataclass
from pathlib import Path

from app.background_thread import BackgroundThread
from app.loading import choose_model
from model.errors import RegistryError
from model.registry import Registry

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Target:
    """The version that a pointer named."""

    name: str
    version: int
    written: tuple[int, int] | None
    """Which writing of the pointer that was: another one after each promotion, even of the same version."""


class ModelWatch:
    """Looks at the pointer of one model."""

    def __init__(self, registry: Registry, wanted: str | None) -> None:
        """`wanted` is the model that the settings name, if they do."""
        self._registry, self._wanted = registry, wanted
        self._thread = BackgroundThread("watcher")
        self._said = ""

    async def look(self, name: str | None) -> Target | None:
        """The version of model `name` that should serve, or, where that is None, of the model that the settings choose.

        None where nothing follows from what is there now: no pointer, or a damaged one, about which the log says so
        once.
        """
        return await self._thread.run(lambda: self._look(name))

    def _look(self, name: str | None) -> Target | None:
        try:
            found = self._next_to(name) if name is not None else self._first()
        except (RegistryError, OSError) as error:
            if name is not None and str(error) != self._said:
                logger.warning("What serves goes on as it is: %s", error)
                self._said = str(error)
            return None
        self._said = ""
        return found

    def _next_to(self, name: str) -> Target | None:
        """Where a version of `name` serves: what the pointer says, and nothing without one."""
        written = _written(self._registry.home(name) / "current")
        version = self._registry.current(name) if written else None
        return None if version is None else Target(name, version, written)

    def _first(self) -> Target | None:
        """Where nothing serves so far: the same choice as at the start."""
        name = choose_model(self._registry, self._wanted)
        written = _written(self._registry.home(name) / "current")
        version = self._registry.current(name)
        return None if version is None else Target(name, version, written)


def _written(pointer: Path) -> tuple[int, int] | None:
    try:
        status = pointer.stat()
    except FileNotFoundError:
        return None
    return status.st_ino, status.st_mtime_ns
