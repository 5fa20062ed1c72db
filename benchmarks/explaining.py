"""`POST /explain` beside `POST /predict`: the same texts over one connection, in turn, of one service."""

import json
import statistics
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

from benchmarks.processes import Server, settle
from benchmarks.wrk import Load, Wrk

PREDICT: Final = "predict"
PATHS: Final[dict[str, str]] = {
    PREDICT: "/predict",
    "full": "/explain",
    "summary": "/explain?detail=summary",
}
"""What is asked for, by the name of its figures."""
WARM_UP_S = 2.0


def measure(
    server: Server, folder: Path, texts: Sequence[str], client_core: int, rounds: int, seconds: float
) -> dict[str, Any]:
    """All of `PATHS` in turn, `rounds` times; the order turns round with each round."""
    bodies = [json.dumps({"text": text}).encode() for text in texts]
    clients = {name: Wrk(folder, bodies, path, client_core) for name, path in PATHS.items()}
    for client in clients.values():
        client.run(server.port, 1, WARM_UP_S)
    loads: dict[str, list[Load]] = {name: [] for name in PATHS}
    for number in range(rounds):
        for name in list(PATHS) if number % 2 == 0 else reversed(PATHS):
            settle(server)
            loads[name].append(clients[name].run(server.port, 1, seconds))
            print(f"   explain {number + 1} {name:>8} p50 {loads[name][-1].p50_ms:8.3f} ms", file=sys.stderr)
    return {name: _figures(loads[PREDICT], found) for name, found in loads.items()}


def _figures(predictions: Sequence[Load], found: Sequence[Load]) -> dict[str, float]:
    """Medians over the rounds. Raises `ValueError` where not every request was answered well."""
    if any(load.refused or load.broken for load in found):
        raise ValueError("requests were refused or failed, so their times say nothing")
    return {
        "p50_ms": statistics.median(load.p50_ms for load in found),
        "p99_ms": statistics.median(load.p99_ms for load in found),
        "ratio": statistics.median(b.p50_ms / a.p50_ms for a, b in zip(predictions, found, strict=True)),
    }
