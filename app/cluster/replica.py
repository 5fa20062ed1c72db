"""What a replica of Ray Serve holds: the same application as `python -m app`, from its settings to its last answer.

Knows nothing of Ray, which calls it by `app.cluster.deployment`, and opens no port.
"""

import asyncio
import logging

from fastapi import FastAPI

from app import unknown_settings
from app.admin_key import make_admin_key, weak_keys
from app.application import create_app
from app.cluster.mirror import Mirror
from app.cluster.turn import loads_in_turn
from app.default_model import install_default_model
from app.errors import SettingsError, StartError
from app.hot_swap import Load
from app.loading import load_serving
from app.logs import setup as logs
from app.patience import most_connections
from app.service import Service
from app.settings import Settings
from app.statistics.columns import TEXTS_ACCEPTED, TEXTS_ANSWERED, TEXTS_CANCELLED, TEXTS_FAILED
from app.tracing import switch
from model.assets import assets_folder

logger = logging.getLogger(__name__)


class Replica:
    """The application, with a model loaded."""

    def __init__(self, app: FastAPI, mirror: Mirror | None) -> None:
        self.app = app
        self._service: Service = app.state.service
        self._mirroring = asyncio.create_task(mirror.follow_for_ever()) if mirror else None

    @classmethod
    async def start(cls, settings: Settings, load: Load = load_serving) -> "Replica":
        """Return once a model is loaded and compiled, on the event loop that requests will be answered on.

        Raises `SettingsError`, and `TercetError` where no model can be loaded; Ray says so and tries again.
        """
        _check(settings)
        logs.configure(settings)
        switch.check(settings)
        most_connections(settings.max_connections)
        mirror = await asyncio.to_thread(_fill_registry, settings)
        for line in (*unknown_settings.warnings(), *weak_keys(settings), make_admin_key(settings, show=False)):
            if line is not None:
                logger.warning("%s", line)
        replica = cls(create_app(settings, loads_in_turn(load)), mirror)
        await replica.loaded()
        return replica

    async def loaded(self) -> None:
        """Begin to load what the registry names, and return when it serves. Raises `StartError` where it cannot."""
        self._service.start()
        await self._service.loaded()
        if self._service.models.now() is None:
            self._service.stop()
            raise StartError(self._service.models.failure or "No model could be loaded.")

    def check(self) -> None:
        """Raises `TercetError` where Ray should put another replica in the place of this one."""
        self._service.check_ready()
        if not self._service.live():
            raise StartError("The inference thread is dead or stuck.")

    def texts(self) -> float:
        """How many wait or are worked on."""
        sums = self._service.statistics.read().sums
        ended = sums[TEXTS_ANSWERED] + sums[TEXTS_FAILED] + sums[TEXTS_CANCELLED]
        return max(0.0, sums[TEXTS_ACCEPTED] - ended)

    def leave(self) -> None:
        """Tell what has no end of its own, such as a feed of events, to come to one; all else is answered as before."""
        self._service.draining.set()


def _check(settings: Settings) -> None:
    """Raise where what would do for one process would not for replicas."""
    if not settings.data.is_absolute():
        path = (
            f"TERCET_DATA={settings.data}: a replica may run on any node; name the folder they share by its whole path."
        )
        raise SettingsError([path])
    if settings.worker != "none":
        worker = "TERCET_WORKER=embedded: a replica runs no jobs; set none, and run `python -m app worker` elsewhere."
        raise SettingsError([worker])


def _fill_registry(settings: Settings) -> Mirror | None:
    """Have a model there, from the bucket or out of the box."""
    if settings.models_url is None:
        install_default_model(settings.models_folder, assets_folder() / "bundles")
        return None
    mirror = Mirror(settings.models_url, settings.models_folder, settings.keep_versions)
    mirror.begin()
    return mirror
