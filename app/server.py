"""uvicorn around the service: it ends in good order on SIGTERM or SIGINT, or where no model can be loaded."""

import logging
import signal
import socket
from types import FrameType

import uvicorn

from app.application import create_app
from app.errors import StartError
from app.http_protocol import HttpProtocol
from app.listening import url
from app.service import Service
from app.settings import Settings

_KEEP_ALIVE_S = 75
"""Longer than common load balancers (60 s), which otherwise now and then use a connection that just closed."""

logger = logging.getLogger(__name__)


def run(settings: Settings, listener: socket.socket) -> Service:
    """Serve on `listener` until a signal, and return what served; requests in flight were answered.

    Raises `StartError` where no model can be loaded, unless the settings say to stay up.
    """
    app = create_app(settings)
    service: Service = app.state.service
    server = _Server(
        uvicorn.Config(
            app,
            http=HttpProtocol,
            ws="none",
            lifespan="on",
            log_config=None,
            access_log=settings.access_log,
            server_header=False,
            root_path=settings.root_path,
            timeout_keep_alive=_KEEP_ALIVE_S,
            timeout_graceful_shutdown=settings.drain_timeout_s,
        )
    )
    server.service = service
    service.on_load_failure = server.load_failed
    logger.info("Listening on %s", url(listener))
    server.run(sockets=[listener])
    if server.gave_up:
        raise StartError(service.models.failure or "No model could be loaded.")
    return service


class _Server(uvicorn.Server):
    """uvicorn's server that drains the service on a signal and does not raise that signal again."""

    service: Service
    gave_up = False

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:  # noqa: ARG002 - uvicorn's signature
        """Drain; a second Ctrl-C ends at once."""
        self.force_exit = self.should_exit and sig == signal.SIGINT
        self.should_exit = True
        self.service.drain()

    def load_failed(self) -> None:
        """End, unless the settings say to stay up."""
        if self.service.settings.stay_up_without_model:
            logger.error("Staying up without a model: %s", self.service.models.failure)
            return
        self.gave_up = True
        self.should_exit = True
        self.service.drain()
