"""`python -m benchmarks.cluster_training DATA`: is what two workers learn together as good as what one process learns?

Several seeds of both, in turn, on the same rows, with the same held-out part. Two workers have two nodes of one core
each; one process has one thread. Needs the extra `ray`.
"""

import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any

import typer

from benchmarks.processes import ROOT
from benchmarks.ray_nodes import ray_nodes
from benchmarks.results import CLUSTER, update

WORKERS = 2


def main(
    data: Annotated[Path, typer.Argument(help="A CSV of texts and labels.")],
    seeds: Annotated[int, typer.Option(min=2)] = 5,
    preset: Annotated[str, typer.Option()] = "reference",
    epochs: Annotated[int, typer.Option(help="At most.")] = 8,
) -> None:
    """Measure, and write what came out into benchmarks/cluster.json."""
    with tempfile.TemporaryDirectory(prefix="fit-") as name, ray_nodes(Path(name), WORKERS) as (address, variables):
        together = ("--ray", address, "--workers", str(WORKERS))
        line = ("--data", str(data.resolve()), "--preset", preset, "--epochs", str(epochs), "--threads", "1")
        pairs = [
            [_trained(Path(name), variables, *line, "--seed", str(seed), *more) for more in ((), together)]
            for seed in range(seeds)
        ]
    alone, shared = zip(*pairs, strict=True)
    found = {"preset": preset, "epochs": epochs, "one_process": summary(alone), "two_workers": summary(shared)}
    print(json.dumps(found, indent=1))
    update(CLUSTER, "training", found)


def summary(runs: Sequence[Mapping[str, float]]) -> dict[str, Any]:
    """Mean and standard deviation over the seeds, and every run's figures."""
    found: dict[str, Any] = {name: [run[name] for run in runs] for name in runs[0]}
    return {
        name: {"mean": statistics.mean(values), "deviation": statistics.stdev(values), "runs": values}
        for name, values in found.items()
    }


def _trained(folder: Path, variables: Mapping[str, str], *options: str) -> dict[str, float]:
    """Held-out figures of the version that the command makes, and its seconds."""
    places = ("--models", str(folder / "models"), "--cache", str(folder / "cache"), "--name", "measured", "--json")
    words = [sys.executable, "-m", "training", "train", *options, *places]
    began = time.monotonic()
    done = subprocess.run(words, cwd=ROOT, env={**os.environ, **variables}, stdout=subprocess.PIPE, check=True)
    took = time.monotonic() - began
    result = next(line for line in map(json.loads, reversed(done.stdout.splitlines())) if line["event"] == "result")
    held_out = result["evaluation"]
    return {"log_loss": held_out["log_loss"], "accuracy": held_out["accuracy"], "seconds": took}


if __name__ == "__main__":
    typer.run(main)
