"""What may be asked for: presets and limits, as the pipeline's command line says them. Asked once a process."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

from pydantic import BaseModel, ConfigDict

from app import pipeline_command


class PresetOption(BaseModel):
    """A network and how to train it."""

    model_config = ConfigDict(extra="allow", use_attribute_docstrings=True)

    name: str
    summary: str
    epochs: int
    """At most so many, where the request says nothing else."""


class Limits(BaseModel):
    """The least and the most, both allowed."""

    epochs: tuple[int, int]
    seed: tuple[int, int]


class TrainingOptions(BaseModel):
    """What the pipeline can do."""

    presets: list[PresetOption]
    default: str
    """The preset where a request names none."""
    limits: Limits

    def preset(self, name: str) -> PresetOption | None:
        """The preset of that name, if there is one."""
        return next((preset for preset in self.presets if preset.name == name), None)

    def below(self, most_epochs: int) -> "TrainingOptions":
        """The same, with no more epochs than the service allows."""
        least, most = self.limits.epochs
        limits = Limits(epochs=(least, min(most, most_epochs)), seed=self.limits.seed)
        presets = [p.model_copy(update={"epochs": min(p.epochs, most_epochs)}) for p in self.presets]
        return TrainingOptions(presets=presets, default=self.default, limits=limits)


async def ask_pipeline() -> dict[str, Any]:
    """What `python -m training presets` says. Raises as `pipeline_command.run` does."""
    return await pipeline_command.run("presets", "--json")


class OptionsSource:
    """Asks the pipeline when the options are first needed; where that fails, again the next time."""

    def __init__(self, most_epochs: int, ask: Callable[[], Awaitable[dict[str, Any]]] = ask_pipeline) -> None:
        """With no more than `most_epochs` epochs, whatever the pipeline would take."""
        self._most_epochs, self._ask = most_epochs, ask
        self._lock = asyncio.Lock()
        self._options: TrainingOptions | None = None

    async def get(self) -> TrainingOptions:
        """The options. Raises what `ask` raises."""
        async with self._lock:
            if self._options is None:
                self._options = TrainingOptions.model_validate(await self._ask()).below(self._most_epochs)
            return self._options
