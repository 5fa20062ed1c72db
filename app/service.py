"""What one process of the service holds, from start to drain. Knows nothing of HTTP."""

import asyncio
import logging
import time
from collections.abc import Callable

from app import heap
from app.admission import Admission
from app.batcher import Batcher
from app.classifier import Classifier
from app.errors import NotReadyError
from app.explaining import Explaining
from app.hot_swap import HotSwap, Load
from app.model_host import ModelHost, Serving
from app.settings import Settings
from app.statistics import Statistics

STUCK_AFTER_S = 60.0
"""A run takes milliseconds; one of this length will not come back."""

logger = logging.getLogger(__name__)


class Service:
    """The model, the thread that runs it, and whether requests are still taken."""

    def __init__(self, settings: Settings, load: Load, statistics: Statistics | None = None) -> None:
        self.settings = settings
        self.statistics = statistics or Statistics()
        self.statistics.window.length_s = settings.drift_window_s
        self.models = ModelHost()
        self.models.on_take = self._takes
        self._batcher = Batcher(self.statistics)
        admission = Admission(settings.queue_limit, self.statistics)
        self.classifier = Classifier(self.models, self._batcher, admission, self.statistics)
        self.classifier.log_texts = settings.log_texts
        self.explaining = Explaining(self.models, admission, self.statistics)
        self.on_load_failure: Callable[[], None] = lambda: None
        """Called once where no model could be loaded."""
        self.on_ready: Callable[[], None] = lambda: None
        """Called once where it could."""
        self._load = load
        self.swap = HotSwap(settings, load, self.models, self.statistics)
        self.swap.on_first = self._first_model_came
        self.draining = asyncio.Event()
        """Set once no further requests are taken, for those that have no end of their own."""
        self._retired = self._draining = False
        self._loop: asyncio.AbstractEventLoop | None = None
        self._loading: asyncio.Task[None] | None = None
        self._following: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Begin to load the model, unless that was begun, and then to follow the registry; returns at once."""
        if self._loading is None:
            self._loop = asyncio.get_running_loop()
            self._loading = asyncio.create_task(self._load_model())
            self._following = asyncio.create_task(self._follow())

    async def loaded(self) -> None:
        """Return once the load that `start` began has come to its end, good or bad."""
        if self._loading is not None:
            await self._loading

    def stop(self) -> None:
        """Let the threads end."""
        for task in (self._loading, self._following):
            if task is not None:
                task.cancel()
        self._batcher.stop()

    def retire(self) -> None:
        """Be ready no more, so that a balancer sends requests elsewhere; those that still come are answered."""
        self._retired = True

    def drain(self) -> None:
        """Take no further requests. Safe in a signal handler."""
        self._retired = self._draining = True
        if self._loop is not None:
            self._loop.call_soon_threadsafe(self.draining.set)

    def drains(self) -> bool:
        """Whether no further requests are taken."""
        return self._draining

    def admit(self) -> None:
        """Raises `NotReadyError` where a request that comes now should go elsewhere."""
        if self._draining:
            raise NotReadyError("The service is shutting down and takes no further requests.")

    def ready(self) -> Serving:
        """The model that serves. Raises `NotReadyError`, which says why there is none."""
        self.admit()
        return self.models.serving()

    def check_ready(self) -> Serving:
        """The same, for who asks whether to send requests. Raises `NotReadyError` once the end is near, too."""
        if self._retired:
            raise NotReadyError("The service is shutting down; send requests elsewhere.")
        return self.ready()

    def live(self) -> bool:
        """Whether the inference thread runs and is not stuck; that the loop answers, the caller sees."""
        return self._batcher.alive() and self._batcher.busy_s() < STUCK_AFTER_S

    def busy(self) -> bool:
        """Whether a thread is inside a call that nothing can interrupt."""
        return self.models.loading() or self._batcher.busy_s() > 0 or self.explaining.busy_s() > 0

    async def _load_model(self) -> None:
        async with self.swap.changing:
            await self._load_first()

    async def _load_first(self) -> None:
        began = time.monotonic()
        serving = await self.models.load(lambda: self._load(self.settings))
        if serving is None:
            self.on_load_failure()
            return
        heap.settle()
        logger.info(
            "Ready: %s %d on %s, after %.1f s", serving.name, serving.version, serving.device, time.monotonic() - began
        )
        self.on_ready()
        if self.settings.compile:
            await self.models.compile(serving)
            heap.settle()
            logger.info("Compiled, after %.1f s", time.monotonic() - began)

    def _takes(self, serving: Serving) -> None:
        self.statistics.serves(serving.version, serving.bundle.manifest.labels)

    def _first_model_came(self) -> None:
        self.on_ready()

    async def _follow(self) -> None:
        await self.loaded()
        if self.models.now() is not None or self.settings.stay_up_without_model:
            await self.swap.follow_for_ever()
