"""Who is compared, and how each is started and asked."""

import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from benchmarks.peers.environments import interpreter, requirements


def _text(text: str) -> Any:
    return {"text": text}


def _probabilities(answer: Any) -> list[float]:
    return list(answer["probabilities"].values())


@dataclass(frozen=True)
class Contender:
    """A server. `{port}` in arguments and variables stands for its port, `{folder}` for a folder of its own."""

    name: str
    title: str
    arguments: tuple[str, ...]
    environment: str | None = None
    """Of `benchmarks.peers.environments`; None is the one that Tercet itself runs in."""
    variables: Mapping[str, str] = field(default_factory=dict)
    path: str = "/predict"
    ask: Callable[[str], Any] = _text
    """A text to the JSON of a request."""
    read: Callable[[Any], list[float]] = _probabilities
    """The JSON of an answer to the probability of each class."""

    def command(self, port: int, cache: Path) -> list[str]:
        """What starts it; makes its environment first."""
        python = sys.executable if self.environment is None else str(interpreter(self.environment, cache))
        return [python, *(argument.format(port=port) for argument in self.arguments)]

    def version(self) -> str | None:
        """Of the package that gives the environment its name."""
        if self.environment is None:
            return None
        pinned = dict(line.split("==") for line in requirements(self.environment).read_text().split())
        return pinned[self.environment]

    def variables_for(self, port: int, folder: Path) -> dict[str, str]:
        """Its environment variables."""
        return {name: value.format(port=port, folder=folder) for name, value in self.variables.items()}


def _module(name: str) -> tuple[str, ...]:
    return ("-m", f"benchmarks.peers.{name}_server", "{port}")


TERCET = Contender(
    "tercet",
    "Tercet",
    ("-m", "app"),
    # Without the worker, which no peer has: a process of its own of some 90 MB, idle unless it trains.
    variables={"TERCET_PORT": "{port}", "TERCET_DATA": "{folder}/var", "TERCET_WORKER": "none"},
)
DO_NOTHING = Contender("do-nothing", "FastAPI route that does nothing", _module("do_nothing"))
MLSERVER = Contender(
    "mlserver",
    "MLServer",
    _module("mlserver"),
    environment="mlserver",
    path="/v2/models/spooky-authors/infer",
    ask=lambda text: {"inputs": [{"name": "text", "shape": [1], "datatype": "BYTES", "data": [text]}]},
    read=lambda answer: answer["outputs"][1]["data"],
)
SAVEDMODEL = Contender("savedmodel", "FastAPI + SavedModel, a call a request", _module("savedmodel"))
LITSERVE = Contender("litserve", "LitServe", _module("litserve"), environment="litserve")
BENTOML = Contender(
    "bentoml",
    "BentoML",
    _module("bentoml"),
    environment="bentoml",
    variables={"BENTOML_DO_NOT_TRACK": "true", "BENTOML_HOME": "{folder}"},
    ask=lambda text: {"texts": [text]},
    read=lambda answer: _probabilities(answer[0]),
)
RAY = Contender(
    "ray",
    "Ray Serve",
    _module("ray"),
    environment="ray",
    variables={"RAY_USAGE_STATS_ENABLED": "0", "RAY_SERVE_THROUGHPUT_OPTIMIZED": "1", "RAY_TMPDIR": "{folder}"},
)
KERAS = Contender("keras", "FastAPI + `keras.Model.predict`, as most tutorials have it", _module("keras"))

PEERS = (MLSERVER, SAVEDMODEL, LITSERVE, BENTOML, RAY, KERAS)
