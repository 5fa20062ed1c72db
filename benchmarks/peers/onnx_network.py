"""The network alone, one thread: Tercet's engine, the SavedModel's signature, and ONNX Runtime, turn by turn.

`python -m benchmarks.peers.onnx_network`. Each runs in a process of its own on the same core, and waits while the
others are measured. ONNX Runtime is no dependency of Tercet, so it has an environment of its own too.
"""

import statistics
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Annotated, Any

import numpy as np
import typer

from benchmarks.bundles import REFERENCE_BUNDLE
from benchmarks.peers.environments import CACHE, interpreter
from benchmarks.processes import environment, on_core
from benchmarks.texts import texts_for
from benchmarks.timing import timer
from model.bundle import verify

BATCHES = (1, 8, 32, 128, 512)
ROWS = 4096
"""Texts to take batches from, so that no cache holds all the rows of the embedding that they use."""
TOLERANCE = 1e-5
REFERENCE = "plain"
"""Whose times the others' are divided by."""
OURS = ("tercet", "savedmodel")
ONNX = ("plain", "folded")
TITLES = {
    "tercet": "Tercet's engine",
    "savedmodel": "SavedModel's signature",
    "plain": "ONNX Runtime, plain graph",
    "folded": "ONNX Runtime, folded graph",
}

Measure = Callable[[int, float], float]
"""Batch and seconds to microseconds a text."""


def measure(
    batches: Sequence[int], rounds: int, seconds: float, core: int, cache: Path, data: Path | None
) -> dict[str, Any]:
    """For each batch and engine the median of microseconds a text, and the rounds' ratios to `REFERENCE`.

    Raises `AssertionError` where the engines do not agree on every text.
    """
    by_batch = {}
    with engines(core, cache, data) as (measures, version):
        for batch in batches:
            turns = [{name: run(batch, seconds) for name, run in measures.items()} for _ in range(rounds)]
            by_batch[str(batch)] = {name: _summary(name, turns) for name in measures}
    return {"onnxruntime": version, "rounds": rounds, "seconds": seconds, "batches": by_batch}


@contextmanager
def engines(core: int, cache: Path, data: Path | None) -> Iterator[tuple[dict[str, Measure], str]]:
    """All engines by name, found to give the same probabilities for the same ids, and the version of ONNX Runtime."""
    python = interpreter("onnx", cache)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        options = {"cwd": folder, "env": environment({})}
        np.save(folder / "ids.npy", verify(REFERENCE_BUNDLE).encoder.encode(texts_for(ROWS, data))[0])
        ours = [*on_core(core), sys.executable, "-m", "benchmarks.engine_timer", name]
        theirs = [*on_core(core), str(python), "-m", "benchmarks.peers.onnx_timer", name]
        with timer(ours, **options) as engine_timer, timer(theirs, **options) as onnx_timer:
            _check_equality(folder)
            measures = {name: partial(engine_timer.measure, name) for name in OURS}
            measures |= {name: partial(onnx_timer.measure, name) for name in ONNX}
            yield {name: measures[name] for name in TITLES}, onnx_timer.fact


def _check_equality(folder: Path) -> None:
    answers = {name: np.load(folder / f"{name}.npy", allow_pickle=False) for name in TITLES}
    for name, answer in answers.items():
        worst = float(np.abs(answer - answers[REFERENCE]).max())
        if not worst <= TOLERANCE:
            raise AssertionError(f"{name} and {REFERENCE} differ by {worst:.1e}, so their times cannot be compared")


def _summary(name: str, turns: Sequence[dict[str, float]]) -> dict[str, float]:
    return {
        "us_a_text": statistics.median(turn[name] for turn in turns),
        "ratio": statistics.median(turn[name] / turn[REFERENCE] for turn in turns),
    }


def main(
    rounds: Annotated[int, typer.Option(min=1)] = 5,
    seconds: Annotated[float, typer.Option(help="How long an engine's turn takes.")] = 0.5,
    batch: Annotated[list[int] | None, typer.Option(help="Texts a call; may be given several times.")] = None,
    core: Annotated[int, typer.Option(help="The core that everything runs on.")] = 0,
    cache: Annotated[Path, typer.Option(help="Where the environments are.")] = CACHE,
    data: Annotated[Path | None, typer.Option(help="CSV with a column text; left out, texts are made up.")] = None,
) -> None:
    """Print a table of microseconds a text."""
    result = measure(batch or BATCHES, rounds, seconds, core, cache, data)
    print(f"microseconds a text (÷ {TITLES[REFERENCE]} {result['onnxruntime']})")
    for size, figures in result["batches"].items():
        for name, each in figures.items():
            print(f"{size:>5}  {TITLES[name]:28} {each['us_a_text']:8.1f} ({each['ratio']:.2f})")


if __name__ == "__main__":
    typer.run(main)
