"""The network alone, `accurate` beside `reference`, turn by turn in one process: `python -m benchmarks.versions`.

The engines as the service has them after compiling, on the same texts, each with its own tokenizer and window.
"""

import json
import statistics
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any

import typer

from benchmarks.bundles import REFERENCE_BUNDLE
from benchmarks.processes import environment, on_core
from benchmarks.texts import texts_for
from benchmarks.timing import microseconds_a_text
from model.bundle import verify
from model.quiet import import_tensorflow

BATCHES = (1, 4, 16, 32, 64)
ROWS = 4096
"""Texts to take batches from, so that no cache holds all the rows of the tables that they use."""
REFERENCE = "reference"
BUNDLES = {REFERENCE: REFERENCE_BUNDLE, "accurate": REFERENCE_BUNDLE.with_name("2")}


class SkippedError(Exception):
    """What a measurement needs is not there; the message says what."""


def measured_apart(rounds: int, seconds: float, core: int, data: Path | None) -> dict[str, Any]:
    """What `measure` gives, in a process of its own on `core`. Raises `SkippedError` where a version is not there."""
    if missing := [str(folder) for folder in BUNDLES.values() if not folder.is_dir()]:
        raise SkippedError(f"there is no {', '.join(missing)} to compare")
    options = [f"--rounds={rounds}", f"--seconds={seconds}", *([] if data is None else [f"--data={data.resolve()}"])]
    command = [*on_core(core), sys.executable, "-m", "benchmarks.versions", *options]
    done = subprocess.run(command, env=environment({}), stdout=subprocess.PIPE, text=True, check=True)
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def measure(
    bundles: Mapping[str, Path], batches: Sequence[int], rounds: int, seconds: float, data: Path | None
) -> dict[str, Any]:
    """By batch and bundle the median of microseconds a text, and that of the rounds' ratios to `REFERENCE`."""
    from model.device import limit_threads
    from model.engine import load_engine

    limit_threads(1, 1)
    texts, runs = texts_for(ROWS, data), {}
    for name, folder in bundles.items():
        bundle = verify(folder)
        engine = load_engine(bundle)
        engine.compile()
        runs[name] = engine.probabilities, bundle.encoder.encode(texts)[0]
    turns = [
        {(b, name): microseconds_a_text(*runs[name], b, seconds) for b in batches for name in bundles}
        for _ in range(rounds)
    ]
    return {"batches": {str(batch): {name: _summary(batch, name, turns) for name in bundles} for batch in batches}}


def _summary(batch: int, name: str, turns: Sequence[Mapping[tuple[int, str], float]]) -> dict[str, float]:
    return {
        "us_a_text": statistics.median(turn[batch, name] for turn in turns),
        "ratio": statistics.median(turn[batch, name] / turn[batch, REFERENCE] for turn in turns),
    }


def main(
    rounds: Annotated[int, typer.Option(min=1)] = 5,
    seconds: Annotated[float, typer.Option(help="How long a turn takes.")] = 0.5,
    data: Annotated[Path | None, typer.Option(help="CSV with a column text; left out, texts are made up.")] = None,
) -> None:
    """Print what was measured as JSON."""
    import_tensorflow(keras=False)
    print(json.dumps(measure(BUNDLES, BATCHES, rounds, seconds, data), indent=1))


if __name__ == "__main__":
    typer.run(main)
