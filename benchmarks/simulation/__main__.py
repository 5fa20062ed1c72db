"""`python -m benchmarks.simulation`: p99 against utilization, simulated and measured, as JSON, plot and table.

Takes three minutes on two idle cores, one for the service and one for who asks it.
"""

import json
import os
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any

import typer

from benchmarks.documents import ROOT, fill
from benchmarks.machine import machine
from benchmarks.results import SERVING
from benchmarks.simulation.calibration import calibrated
from benchmarks.simulation.replica import Costs
from benchmarks.simulation.run import Latencies, simulate
from benchmarks.tables import markdown
from benchmarks.texts import texts_for

RESULT = Path(__file__).with_name("result.json")
SCALING = ROOT / "docs" / "scaling.md"
TEXTS = 16
"""A request: one client then asks for more than one core answers."""
QUIET = 0.1
"""The utilization that calibrates; it is not compared."""
COMPARED = (0.3, 0.5, 0.7, 0.8, 0.9)
CURVE = (0.05, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.75, 0.8, 0.85, 0.9, 0.95)
FLEETS = ((1, "round robin"), (8, "random"), (8, "round robin"), (8, "two choices"), (8, "least"))
REQUESTS = 40_000
_ENGINE = "accurate"
"""The preset of the bundle that serves by default."""


def main(
    rounds: Annotated[int, typer.Option(help="Of which the median counts.")] = 3,
    seconds: Annotated[float, typer.Option(help="Of each measured point.")] = 6,
    cores: Annotated[tuple[int, int], typer.Option(help="The server's and the client's.")] = (0, 1),
) -> None:
    """Measure the service at several loads, simulate them, and write both down."""
    from benchmarks.simulation.measured import measure

    os.sched_setaffinity(0, {cores[1]})
    texts = texts_for(50 * TEXTS)
    bodies = [json.dumps({"texts": texts[at : at + TEXTS]}).encode() for at in range(0, len(texts), TEXTS)]
    most, measured = measure(bodies, (QUIET, *COMPARED), rounds, seconds, cores)
    costs = calibrated(us_a_text(), TEXTS, most, (QUIET, measured[QUIET].p50_s))
    result = {
        "machine": machine(),
        "rounds": rounds,
        "seconds": seconds,
        "requests_a_second": most,
        "costs": asdict(costs),
        "measured": {f"{at}": asdict(measured[at]) for at in (QUIET, *COMPARED)},
        "simulated": curves(costs),
    }
    RESULT.write_text(json.dumps(result, indent=1) + "\n", encoding="utf-8")
    write(result)


def write(result: Mapping[str, Any]) -> None:
    """Bring the plot and the tables of docs/scaling.md up to `result`."""
    from benchmarks.simulation.plot import draw

    draw(result, SCALING.parent / "images" / "p99.png")
    fill(SCALING, "simulation", comparison(result))
    fill(SCALING, "balancing", balancing(result))


def us_a_text() -> dict[int, float]:
    """Of the engine alone, by batch, from benchmarks/serving.json."""
    batches = json.loads(SERVING.read_text(encoding="utf-8"))["versions"]["batches"]
    return {int(batch): each[_ENGINE]["us_a_text"] for batch, each in batches.items()}


def curves(costs: Costs) -> dict[str, dict[str, Any]]:
    """By fleet and utilization."""
    return {
        f"{replicas}, {balance}": {
            f"{at}": asdict(simulate(costs, at, replicas=replicas, balance=balance, requests=REQUESTS)) for at in CURVE
        }
        for replicas, balance in FLEETS
    }


def comparison(result: Mapping[str, Any]) -> str:
    """Measured beside simulated, of one replica."""
    simulated = result["simulated"]["1, round robin"]
    rows = []
    for at, figures in result["measured"].items():
        real, model = Latencies(**figures), Latencies(**simulated[at])
        cells = [
            _ms(real.p50_s),
            _ms(model.p50_s),
            _ms(real.p99_s),
            _ms(model.p99_s),
            f"{model.p99_s / real.p99_s:.2f}",
        ]
        rows.append([f"{float(at):.0%}" + (" (calibrates)" if float(at) == QUIET else ""), *cells])
    head = ["utilization", "p50, ms", "simulated", "p99, ms", "simulated", "simulated ÷ measured"]
    return markdown(head, rows)


def balancing(result: Mapping[str, Any]) -> str:
    """p99 of fleets by how a balancer chooses."""
    chosen = ("0.5", "0.7", "0.8", "0.9", "0.95")
    rows = [
        [name.replace(", ", " replicas, ") if not name.startswith("1,") else "1 replica"]
        + [_ms(points[at]["p99_s"]) for at in chosen]
        for name, points in result["simulated"].items()
    ]
    return markdown(["p99 in ms at a utilization of", *(f"{float(at):.0%}" for at in chosen)], rows)


def _ms(seconds: float) -> str:
    return f"{1000 * seconds:.1f}"


if __name__ == "__main__":
    typer.run(main)
