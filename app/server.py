"""uvicorn around the service: it ends in good order on SIGTERM or SIGINT, or where no model can be loaded."""

import asyncio
import logging
import math
import os
import signal
import socket
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from types import FrameType
from typing import cast

import uvicorn

from app.accepting import STUCK_AFTER_S, Acceptor
from app.application import create_app
from app.errors import StartError
from app.http_protocol import HttpProtocol
from app.jobs.embedded import EmbeddedWorker, embedded_worker
from app.leaving import delay_s
from app.listening import begin_no_connection, url
from app.logs import setup as logs
from app.metrics.requests import RequestMetrics
from app.patience import Terms, most_connections, watch
from app.service import Service
from app.settings import Settings
from app.statistics import Statistics

_SETTLE_S, _SETTLE_WITH_OTHERS_S = 0.1, 0.3
"""How long handshakes that have begun may take once the port takes no further ones: more than a round trip. The port
that processes share is closed to them by their parent, whose clock need not be ours."""
_POLL_S = 0.1
"""How often a process that loads looks whether it was told to end; as uvicorn's own."""

logger = logging.getLogger(__name__)


def run(settings: Settings, listener: socket.socket) -> None:
    """Serve on `listener` in this process alone until a signal, then end; requests in flight were answered.

    Raises `StartError` where no model can be loaded, unless the settings say to stay up.
    """
    logger.info("Listening on %s", url(listener))
    with embedded_worker(settings) as companion:
        service = serve(settings, listener, companion=companion)
    end(service)


@dataclass(frozen=True, slots=True)
class Place:
    """What a process knows that is one of several."""

    counters: Statistics
    accept_at_once: bool
    """Whether to answer while the model loads; otherwise connections are left to the others until it is loaded."""
    on_ready: Callable[[], None]
    """Called once a model is loaded and connections are taken."""


def serve(
    settings: Settings,
    listener: socket.socket,
    place: Place | None = None,
    companion: EmbeddedWorker | None = None,
) -> Service:
    """The same, in a process that may be one of several; returns what served.

    `companion` is started once this is ready, and told to end when this begins to.
    """
    app = create_app(settings, counters=place.counters if place else None)
    service: Service = app.state.service
    server = _Server(
        uvicorn.Config(
            app,
            http=HttpProtocol,
            ws="none",
            lifespan="on",
            log_config=None,
            access_log=False,  # ours is app.logs.access
            server_header=False,
            root_path=settings.root_path,
            timeout_keep_alive=settings.keep_alive_s,
            timeout_graceful_shutdown=math.ceil(settings.drain_timeout_s - delay_s(settings)),
        )
    )
    server.service, server.place, server.companion = service, place, companion
    server.terms = Terms.of(settings)
    server.terms.on_refusal = RequestMetrics(service.statistics).refused
    service.on_load_failure = server.load_failed
    service.on_ready = server.model_ready
    server.run(sockets=[listener])
    if server.gave_up:
        raise StartError(service.models.failure or "No model could be loaded.")
    return service


def end(service: Service) -> None:
    """End the process at once where a thread is inside TensorFlow, which would hold the end up, or crash in it."""
    if service.busy():
        logs.flush()
        sys.stderr.flush()
        os._exit(0)


class _Server(uvicorn.Server):
    """uvicorn's server that drains the service on a signal and does not raise that signal again."""

    service: Service
    place: Place | None
    companion: EmbeddedWorker | None
    terms: Terms
    acceptors: Sequence[Acceptor] = ()
    watch: asyncio.Task[None] | None = None
    has_model = False
    gave_up = False

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Begin to take connections, in our own way."""
        if self.place is not None and not self.place.accept_at_once:
            await self._until_needed()
        await super().startup([])
        if not self.should_exit:
            self.watch = asyncio.create_task(watch(self._connections(), self.terms))
            self.acceptors = [self._acceptor(listener) for listener in sockets or ()]
            self._report_ready()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Go on for a while as a balancer still sends; then take no further connections, and let those open end."""
        await self._go_on(0 if self.service.drains() else delay_s(self.service.settings))
        self.service.drain()
        if self.place is None:
            for listener in sockets or ():
                begin_no_connection(listener)
        await asyncio.sleep(_SETTLE_S if self.place is None else _SETTLE_WITH_OTHERS_S)
        for acceptor in self.acceptors:
            await acceptor.close()
        await super().shutdown(sockets)

    async def _go_on(self, seconds: float) -> None:
        """Answer as before, if each time for the last time on a connection."""
        for connection in self._connections():
            connection.leave()
        until = time.monotonic() + seconds
        while time.monotonic() < until and not self.force_exit:
            await asyncio.sleep(min(_POLL_S, seconds))
            await self.on_tick(0)  # the time in the header Date

    def _connections(self) -> set[HttpProtocol]:
        return cast("set[HttpProtocol]", self.server_state.connections)

    async def _until_needed(self) -> None:
        """Return once the model is loaded and compiled (or only loaded, if nobody else answers), or on a signal."""
        self.service.start()
        loaded = asyncio.create_task(self.service.loaded())
        while not loaded.done() and not self.should_exit:
            await asyncio.wait({loaded}, timeout=_POLL_S)
            if self.has_model and self.service.statistics.fewest_elsewhere(STUCK_AFTER_S) == math.inf:
                return

    def _report_ready(self) -> None:
        if not (self.has_model and self.acceptors):
            return
        if self.place is not None:
            self.place.on_ready()
        if self.companion is not None:
            self.companion.start()

    def _acceptor(self, listener: socket.socket) -> Acceptor:
        state = self.server_state

        def protocol() -> HttpProtocol:
            return HttpProtocol(self.config, state, self.lifespan.state, self.terms)

        most = most_connections(self.service.settings.max_connections)
        return Acceptor(listener, protocol, lambda: len(state.connections), self.service.statistics, most)

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:  # noqa: ARG002 - uvicorn's signature
        """End; without delay on Ctrl-C or where nothing is served yet. Ctrl-C while it ends does so at once."""
        self.force_exit = self.force_exit or (self.should_exit and sig == signal.SIGINT)
        self.should_exit = True
        self.terms.leaving = True
        self.service.retire()
        if sig == signal.SIGINT or not self.has_model:
            self.service.drain()
        if self.companion is not None:
            self.companion.stop()

    def model_ready(self) -> None:
        """A model is loaded, if not compiled."""
        self.has_model = True
        self._report_ready()

    def load_failed(self) -> None:
        """End, unless the settings say to stay up."""
        if self.service.settings.stay_up_without_model:
            logger.error("Staying up without a model: %s", self.service.models.failure)
            if self.companion is not None:
                self.companion.start()
            return
        self.gave_up = True
        self.should_exit = True
        self.service.drain()
