"""What metrics, the access log and traces cost: one service, switched on and off under one load (`observed_server`).

Slices of a tenth of a second take turns, so that other users of the machine blur all alike. Of a round of many turns
the slices of each kind are summed up: requests a second, and processor time a request.
"""

import contextlib
import json
import math
import statistics
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

from benchmarks.observed_server import KINDS, NOTHING, SLICE_S
from benchmarks.peers.catalogue import TERCET
from benchmarks.peers.comparison import TEXTS, WARM_UP_S, Plan, started
from benchmarks.processes import free_port, running
from benchmarks.tables import markdown
from benchmarks.texts import texts_for

CONNECTIONS: Final = (1, 64)
TURNS_A_ROUND: Final = 30
_VARIABLES: Final = {"TERCET_LOG_FORMAT": "json", "TERCET_ACCESS_LOG": "true"}

Slice = dict[str, Any]
Turn = Mapping[str, Slice]
"""A slice of each kind."""


def measure(plan: Plan) -> dict[str, Any]:
    """By connections and what is on; the JSON of docs/monitoring.md's table."""
    with tempfile.TemporaryDirectory() as name, _collector(Path(name), plan.client_core) as collector:
        out = Path(name) / "slices"
        variables = {**TERCET.variables, **_VARIABLES, "OTEL_EXPORTER_OTLP_ENDPOINT": collector}
        arguments = ("-m", "benchmarks.observed_server", str(out))
        contender = replace(TERCET, arguments=arguments, variables=variables)
        turns = plan.rounds * TURNS_A_ROUND
        with started(plan, contender, texts_for(TEXTS, plan.data)) as tercet:
            found = {}
            for connections in CONNECTIONS:
                tercet.wrk.run(tercet.server.port, connections, WARM_UP_S)
                before = len(out.read_text().splitlines())
                tercet.wrk.run(tercet.server.port, connections, math.ceil((turns + 4) * len(KINDS) * SLICE_S))
                slices = [json.loads(line) for line in out.read_text().splitlines()[before:]]
                rounds = [*batched(whole_turns(slices)[:turns], TURNS_A_ROUND)]
                found[str(connections)] = {kind: summary(rounds, kind) for kind in KINDS}
                print(connections, json.dumps(found[str(connections)], indent=1), file=sys.stderr)
    return found | {"turns": turns, "slice_s": SLICE_S}


@contextlib.contextmanager
def _collector(folder: Path, core: int) -> Iterator[str]:
    port = free_port()
    command = [sys.executable, "-m", "benchmarks.collector_server", str(port)]
    with running(command, port, folder, core, {}):
        yield f"http://127.0.0.1:{port}"


def whole_turns(slices: Sequence[Slice]) -> list[Turn]:
    """The slices of each turn by their kinds, but for turns that the load did not last for, the first and the last."""
    turns: dict[int, dict[str, Slice]] = {}
    for each in slices:
        turns.setdefault(each["turn"], {})[each["kind"]] = each
    whole = [turn for turn in turns.values() if turn.keys() == set(KINDS)]
    return [turn for turn in whole[1:-1] if all(each["requests"] for each in turn.values())]


def batched(turns: Sequence[Turn], size: int) -> Iterator[Sequence[Turn]]:
    """Rounds of so many turns; what is left over is dropped."""
    for start in range(0, len(turns) - size + 1, size):
        yield turns[start : start + size]


def summary(rounds: Sequence[Sequence[Turn]], kind: str) -> dict[str, float]:
    """Medians over the rounds; ratios are to what observes nothing in the same round."""
    pairs = [(_Sum.of(turns, kind), _Sum.of(turns, NOTHING)) for turns in rounds]
    return {
        "requests_a_second": statistics.median(each.rate for each, _ in pairs),
        "ratio": statistics.median(each.rate / other.rate for each, other in pairs),
        "cpu_us": statistics.median(each.cpu_us for each, _ in pairs),
        "cpu_ratio": statistics.median(each.cpu_us / other.cpu_us for each, other in pairs),
    }


def table(figures: Mapping[str, Any]) -> str:
    """Markdown: what is on, and for each number of connections the two ratios."""
    counts = [str(connections) for connections in CONNECTIONS]
    head = ["on", *(f"{what} at {count}" for count in counts for what in ("requests/s", "µs of processor time"))]
    rows = [[kind, *(cell for count in counts for cell in _cells(figures[count][kind]))] for kind in KINDS]
    return markdown(head, rows)


def _cells(each: Mapping[str, float]) -> list[str]:
    return [
        f"{each['requests_a_second']:,.0f} ({each['ratio']:.2f})",
        f"{each['cpu_us']:.0f} ({each['cpu_ratio']:.2f})",
    ]


@dataclass(frozen=True)
class _Sum:
    """Of the slices of one kind in a round."""

    rate: float
    """Requests a second."""
    cpu_us: float
    """Processor time of the service a request."""

    @classmethod
    def of(cls, turns: Sequence[Turn], kind: str) -> "_Sum":
        requests, seconds, cpu_s = (
            sum(turn[kind][name] for turn in turns) for name in ("requests", "seconds", "cpu_s")
        )
        return cls(requests / seconds, 1e6 * cpu_s / requests)
