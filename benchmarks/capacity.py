"""What a load takes, by formula from measured figures: cores, memory, network, logs, money. For docs/scaling.md.

Each formula is linear in the load, and so says nothing of what is not: the document names those bottlenecks.
`python -m benchmarks.capacity` brings the document up to the JSON of the benchmarks.
"""

import json
import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

from benchmarks.results import SERVING
from benchmarks.tables import markdown

SECONDS_A_DAY: Final = 86_400
_MEGA, _GIGA, _TERA = 1e6, 1e9, 1e12


@dataclass(frozen=True, slots=True)
class Measured:
    """Of one core, from the benchmarks' JSON."""

    requests_a_second: float
    """Of one text, 64 connections (`load`)."""
    listed_texts_a_second: float
    """In requests of 64 texts, 8 connections (`overload`)."""
    streamed_texts_a_second: float
    """`POST /predict/stream` (`stream`); a file's rows take no more, as nothing of HTTP is in between."""
    process_mb: float
    """Resident memory of a process that serves (`memory`)."""
    start_s: float
    """From its start until it is ready (`start`)."""


@dataclass(frozen=True, slots=True)
class Assumed:
    """What nobody measured here. Each is to be replaced by the reader's own."""

    utilization: float = 0.6
    """At which queues are short (the simulation below), and which leaves room until autoscaling has reacted."""
    zones: int = 3
    """Of which one may be lost: the others carry its load."""
    bytes_in: float = 600.0
    """A request of one text on the wire: 150 bytes of text, headers, TCP and TLS."""
    bytes_out: float = 700.0
    text_bytes: float = 160.0
    """A further text in a list, or a row of a file."""
    log_bytes: float = 230.0
    """A line of the access log in JSON."""
    node_cores: int = 32
    core_hour: float = 0.04
    """US dollars; list prices of general-purpose machines lie between 0.02 and 0.06."""
    bundle_bytes: float = 11.6e6

    @property
    def share(self) -> float:
        """Of what is there, the share that may be used with all zones up."""
        return self.utilization * (self.zones - 1) / self.zones


@dataclass(frozen=True, slots=True)
class Fleet:
    """What answers a load."""

    cores: int
    nodes: int
    memory_tb: float
    """Of one process a core."""
    in_gbit_s: float
    out_gbit_s: float
    dollars_an_hour: float


def fleet(
    load: float, of_a_core: float, assumed: Assumed, measured: Measured, bytes_in: float, bytes_out: float
) -> Fleet:
    """For `load` a second where a core does `of_a_core`; bytes are of one unit of the load."""
    cores = math.ceil(load / (of_a_core * assumed.share))
    return Fleet(
        cores,
        math.ceil(cores / assumed.node_cores),
        cores * measured.process_mb * _MEGA / _TERA,
        8 * load * bytes_in / _GIGA,
        8 * load * bytes_out / _GIGA,
        cores * assumed.core_hour,
    )


def serving_fleets(texts_a_second: float, measured: Measured, assumed: Assumed) -> dict[str, Fleet]:
    """The same number of texts a second, by how they come."""
    lists = 64
    in_lists = (assumed.bytes_in / lists + assumed.text_bytes, assumed.bytes_out / lists + assumed.text_bytes)
    return {
        "a text a request": fleet(
            texts_a_second, measured.requests_a_second, assumed, measured, assumed.bytes_in, assumed.bytes_out
        ),
        f"{lists} texts a request": fleet(texts_a_second, measured.listed_texts_a_second, assumed, measured, *in_lists),
        "NDJSON streams": fleet(
            texts_a_second, measured.streamed_texts_a_second, assumed, measured, assumed.text_bytes, assumed.text_bytes
        ),
    }


def bulk_fleet(rows_a_day: float, measured: Measured, assumed: Assumed) -> Fleet:
    """For files, which wait: at full use, and what a lost zone did is done again."""
    patient = replace(assumed, utilization=0.9, zones=10)
    rows_a_second = rows_a_day / SECONDS_A_DAY
    return fleet(
        rows_a_second, measured.streamed_texts_a_second, patient, measured, assumed.text_bytes, 1.5 * assumed.text_bytes
    )


def logs_tb_a_day(requests_a_second: float, assumed: Assumed) -> float:
    """Of an access log that has a line for each request."""
    return requests_a_second * SECONDS_A_DAY * assumed.log_bytes / _TERA


def rollout_gb(nodes: int, assumed: Assumed) -> float:
    """What a new version costs the store it is read from, where each node reads it once."""
    return nodes * assumed.bundle_bytes / _GIGA


def read_measured(serving: Path = SERVING) -> Measured:
    """From the benchmarks' JSON. Raises `KeyError` where something was not measured."""
    found: Mapping[str, Any] = json.loads(serving.read_text(encoding="utf-8"))
    return Measured(
        found["load"]["servers"]["tercet"]["by_connections"]["64"]["requests_a_second"],
        64 * found["overload"]["64 texts a request"]["full"]["accepted_a_second"],
        found["stream"]["stream_texts_a_second"],
        found["memory"]["after_load_mb"],
        found["start"]["on one core"]["ready_s"],
    )


def inputs(measured: Measured, assumed: Assumed) -> str:
    """The table of what goes into the formulas."""
    rows: Sequence[Sequence[str]] = [
        ["requests/s of a core, a text each, 64 connections", f"{measured.requests_a_second:,.0f}", "measured"],
        ["texts/s of a core in lists of 64", f"{measured.listed_texts_a_second:,.0f}", "measured"],
        [
            "texts/s of a core in a stream, and at least so many rows/s of a file",
            f"{measured.streamed_texts_a_second:,.0f}",
            "measured",
        ],
        ["memory of a process, MB", f"{measured.process_mb:,.0f}", "measured"],
        ["start until ready, s", f"{measured.start_s:.1f}", "measured"],
        ["utilization", f"{assumed.utilization:.0%}", "chosen from the simulation below"],
        ["zones, one of which may be lost", str(assumed.zones), "assumed"],
        [
            "bytes of a request in, out, with headers and TLS",
            f"{assumed.bytes_in:.0f}, {assumed.bytes_out:.0f}",
            "assumed",
        ],
        ["bytes of a further text or row", f"{assumed.text_bytes:.0f}", "assumed"],
        ["bytes of a line of the access log", f"{assumed.log_bytes:.0f}", "counted"],
        ["cores of a node", str(assumed.node_cores), "assumed"],
        ["price of a core-hour, $", f"{assumed.core_hour:.2f}", "assumed; 0.02 to 0.06"],
    ]
    return markdown(["input", "value", "is"], rows)


def plan(measured: Measured, assumed: Assumed) -> str:
    """The table of fleets: 1 M texts a second, and 10 billion rows a day."""
    fleets = {f"1 M texts/s, {how}": each for how, each in serving_fleets(1e6, measured, assumed).items()}
    fleets["10 billion rows a day, files"] = bulk_fleet(1e10, measured, assumed)
    loads = (1e6, 1e6, 1e6, 1e10 / SECONDS_A_DAY)
    rows = [[name, *_cells(each, load)] for (name, each), load in zip(fleets.items(), loads, strict=True)]
    head = ["load", "cores", "nodes", "memory, TB", "in, Gbit/s", "out, Gbit/s", "$ an hour", "cents a million texts"]
    return markdown(head, rows)


def _cells(each: Fleet, load: float) -> Iterator[str]:
    yield f"{each.cores:,}"
    yield f"{each.nodes:,}"
    yield f"{each.memory_tb:.2f}"
    yield f"{each.in_gbit_s:.1f}"
    yield f"{each.out_gbit_s:.1f}"
    yield f"{each.dollars_an_hour:,.2f}"
    yield f"{100 * each.dollars_an_hour / (3600 * load / 1e6):.2f}"


def beside(measured: Measured, assumed: Assumed) -> str:
    """What grows beside the fleet, at 1 M requests a second of a text each."""
    nodes = serving_fleets(1e6, measured, assumed)["a text a request"].nodes
    rows = [
        ["access log, all requests, TB a day", f"{logs_tb_a_day(1e6, assumed):.1f}"],
        ["the same of 1 % of them, GB a day", f"{1000 * logs_tb_a_day(1e4, assumed):.0f}"],
        ["a new version to every node from one store, GB", f"{rollout_gb(nodes, assumed):.2f}"],
        ["10 billion rows read, TB a day", f"{1e10 * assumed.text_bytes / _TERA:.1f}"],
    ]
    return markdown(["beside the cores", "takes"], rows)


def main() -> None:
    """Bring docs/scaling.md up to the figures."""
    from benchmarks.documents import ROOT, fill

    measured, assumed = read_measured(), Assumed()
    for name, table in (("inputs", inputs), ("plan", plan), ("beside", beside)):
        fill(ROOT / "docs" / "scaling.md", name, table(measured, assumed))


if __name__ == "__main__":
    main()
