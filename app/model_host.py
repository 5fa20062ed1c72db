"""The model that serves, or why there is none. One is loaded in a thread of its own while the loop answers.

What loading consists of is `app.loading`; this holds what came out of it.
"""

import logging
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeVar

from app.background_thread import BackgroundThread
from app.errors import NotReadyError
from model.bundle import Bundle
from model.errors import TercetError

if TYPE_CHECKING:
    from model.engine import Engine  # at run time these would import TensorFlow
    from model.explanation.explainer import Explainer

T = TypeVar("T")

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Serving:
    """A model that is loaded and warm. Immutable: another version takes its place by one assignment."""

    version: int
    bundle: Bundle
    engine: "Engine"
    device: str
    explainer: "Explainer"

    @property
    def name(self) -> str:
        """The name of the model in the registry."""
        return self.bundle.folder.parent.name

    def compile(self) -> None:
        """Make the engine faster; blocks for seconds. Where that fails, the log says so and it goes on as it is."""
        try:
            self.engine.compile()
        except Exception:  # what it was compiled from answers as well
            logger.exception("Compiling the network failed; it goes on uncompiled, at half the speed")


class ModelHost:
    """Holds at most one `Serving`."""

    def __init__(self) -> None:
        self._serving: Serving | None = None
        self._loader = BackgroundThread("loader")
        self.failure: str | None = None
        """Why the last load failed, for a person to read."""
        self.on_take: Callable[[Serving], None] = lambda _: None
        """Called with each model that begins to serve."""

    def serving(self) -> Serving:
        """The model that serves now. Raises `NotReadyError` where there is none."""
        if self._serving is None:
            raise NotReadyError(self.failure or "The model is being loaded. Try again in a few seconds.")
        return self._serving

    def now(self) -> Serving | None:
        """The model that serves now, if there is one."""
        return self._serving

    def take(self, serving: Serving) -> None:
        """Let `serving` answer what comes from now on; what is in flight ends with the model that it began with."""
        self._serving, self.failure = serving, None
        self.on_take(serving)

    def loading(self) -> bool:
        """Whether a load is under way."""
        return self._loader.busy_s() > 0

    async def load(self, source: Callable[[], Serving]) -> Serving | None:
        """Run `source` in the loading thread and serve what it returns.

        Where it fails, `failure` says why, the answer is None, and what served before serves on.
        """
        self.failure = None
        try:
            serving = await self.run(source)
        except (TercetError, OSError) as error:
            self.failure = str(error)
        except Exception as error:
            logger.exception("Loading the model failed")
            self.failure = f"The model cannot be loaded ({type(error).__name__}: {error})."
        else:
            self.take(serving)
            return serving
        return None

    async def compile(self, serving: Serving) -> None:
        """Make `serving` faster, in the loading thread, while it answers."""
        await self.run(serving.compile)

    async def run(self, call: Callable[[], T]) -> T:
        """What `call` returns or raises, in the loading thread."""
        return await self._loader.run(call)
