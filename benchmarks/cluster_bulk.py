"""`python -m benchmarks.cluster_bulk`: files on a Ray cluster beside the command of one machine, on the same two cores.

Whole commands are timed, start included, at two sizes; rows/s are of the difference, so that what a start costs is told
apart. The sizes are whole slices for each actor, since a few rows more would leave one of them idle at the end. Both
commands read the same file: from row 131,072 on the network is compiled, so several small files are other work. In each
round the plain command, then one node, then two, each bound to its core, since an actor reads and writes beside its
network where it finds a second one; memory is the most that any process of a run held. Needs the extra `ray`.
"""

import contextlib
import csv
import json
import os
import secrets
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any

import psutil
import typer

from app.bulk.classification import COMPILE_AFTER_ROWS as SLICE
from benchmarks.bundles import install, newest_bundle
from benchmarks.processes import ROOT
from benchmarks.ray_nodes import ray_nodes
from benchmarks.results import CLUSTER, update
from benchmarks.texts import texts_for


def main(
    rows: Annotated[int, typer.Option(help="Of the smaller size; the larger has four times as many.")] = 2 * SLICE,
    rounds: Annotated[int, typer.Option(help="Of which the median counts.")] = 3,
) -> None:
    """Measure, and write what came out into benchmarks/cluster.json."""
    with tempfile.TemporaryDirectory(prefix="bulk-") as name:
        folder = Path(name)
        install(newest_bundle(), folder / "data" / "models")
        _write_texts(folder / "small.csv", rows)
        _write_texts(folder / "large.csv", 4 * rows)
        plain, one, two = zip(*(_round(folder, rows) for _ in range(rounds)), strict=True)
    found = {"rows": rows, "rounds": rounds, **summary(plain, one, two)}
    print(json.dumps(found, indent=1))
    update(CLUSTER, "bulk", found)


def summary(
    plain: Sequence[Mapping[str, float]], one: Sequence[Mapping[str, float]], two: Sequence[Mapping[str, float]]
) -> dict[str, Any]:
    """Medians of the rounds, and of the ratios of rounds of the same number."""

    def median(runs: Sequence[Mapping[str, float]], name: str) -> float:
        return statistics.median(run[name] for run in runs)

    pairs = [b["rows_a_second"] / a["rows_a_second"] for a, b in zip(plain, two, strict=True)]
    scaling = [b["rows_a_second"] / a["rows_a_second"] for a, b in zip(one, two, strict=True)]
    return {
        "one_machine_rows_a_second": median(plain, "rows_a_second"),
        "one_actor_rows_a_second": median(one, "rows_a_second"),
        "two_actors_rows_a_second": median(two, "rows_a_second"),
        "ratio": statistics.median(pairs),
        "scaling": statistics.median(scaling),
        "one_machine_start_s": median(plain, "start_s"),
        "cluster_start_s": median(two, "start_s"),
        "actor_mb": [median(two, "actor_mb_small"), median(two, "actor_mb_large")],
        "asking_mb": [median(two, "asking_mb_small"), median(two, "asking_mb_large")],
    }


def _round(folder: Path, rows: int) -> list[dict[str, float]]:
    """The plain command, one node and two."""
    found = [_times(folder, rows, None, {})]
    for nodes in (1, 2):
        with tempfile.TemporaryDirectory(prefix="ray-") as name, ray_nodes(Path(name), nodes) as (address, variables):
            _timed(folder, "small", address, variables)  # the first command on a cluster starts later than the next
            found.append(_times(folder, rows, address, variables))
    return found


def _times(folder: Path, rows: int, address: str | None, variables: Mapping[str, str]) -> dict[str, float]:
    small_s, small = _timed(folder, "small", address, variables)
    large_s, large = _timed(folder, "large", address, variables)
    rate = 3 * rows / (large_s - small_s)
    return {
        "rows_a_second": rate,
        "start_s": small_s - rows / rate,
        **{f"{name}_mb_small": most for name, most in small.items()},
        **{f"{name}_mb_large": most for name, most in large.items()},
    }


def _timed(
    folder: Path, size: str, address: str | None, variables: Mapping[str, str]
) -> tuple[float, dict[str, float]]:
    """Seconds of the command, and the most that each kind of process held, in MB."""
    out = f"out-{secrets.token_hex(4)}"
    places = [f"{size}.csv", f"{out}.csv" if address is None else out]
    words = [sys.executable, "-m", "app", "bulk", *places, "--quiet", *(() if address is None else ("--ray", address))]
    environment = {**os.environ, **variables, "TERCET_DATA": str(folder / "data"), "PYTHONPATH": str(ROOT)}
    began = time.monotonic()
    process = subprocess.Popen(words, cwd=folder, env=environment)
    most: dict[str, float] = {"asking": 0.0, "actor": 0.0}
    while process.poll() is None:
        for kind, memory in _memory_mb(process.pid):
            most[kind] = max(most[kind], memory)
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(0.2)
    if process.returncode:
        raise subprocess.CalledProcessError(process.returncode, words)
    return time.monotonic() - began, most


def _memory_mb(asking: int) -> Iterator[tuple[str, float]]:
    for process in psutil.process_iter(["cmdline", "memory_info"]):
        line = " ".join(process.info["cmdline"] or ())
        if process.pid == asking:
            yield "asking", process.info["memory_info"].rss / 2**20
        elif line.startswith("ray::") and "MapBatches" in line:
            yield "actor", process.info["memory_info"].rss / 2**20


def _write_texts(path: Path, rows: int) -> None:
    texts = texts_for(5000)
    with path.open("w", newline="", encoding="utf-8") as file:
        csv.writer(file).writerows([("id", "text"), *((number, texts[number % len(texts)]) for number in range(rows))])


if __name__ == "__main__":
    typer.run(main)
