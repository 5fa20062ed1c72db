"""A rolling update: of the replicas that share a data folder, one after another loads a version that was promoted.

All of them see the pointer within half a second, and would load at once while they answer.
"""

from app.hot_swap import Load
from app.model_host import Serving
from app.settings import Settings
from model.locking import exclusive

_TURNS = "swapping"
"""Below the data folder; the lock of the registry is another, which a promotion must not wait for."""


def loads_in_turn(load: Load) -> Load:
    """`load`, one replica at a time; without waiting where no version is named, as at the start."""

    def load_in_turn(settings: Settings, version: int | None = None, /) -> Serving:
        if version is None:
            return load(settings)
        folder = settings.data / _TURNS
        folder.mkdir(parents=True, exist_ok=True)
        with exclusive(folder):  # the kernel ends it with the process that held it
            return load(settings, version)

    return load_in_turn
