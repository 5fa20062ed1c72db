"""The network alone, one thread: Tercet's engine, the SavedModel's signature, and ONNX Runtime, turn by turn.

`python -m benchmarks.peers.onnx_network`. ONNX Runtime is no dependency of Tercet: it runs in an environment and a
process of its own, on the same core, and waits while the others are measured.
"""

import os
import statistics
import subprocess
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Annotated, Any

import numpy as np
import typer
from numpy.typing import NDArray

from app.default_model import install_default_model
from app.loading import load_serving
from app.settings import Settings
from benchmarks.peers.environments import CACHE, ROOT, interpreter
from benchmarks.texts import texts_for
from benchmarks.timing import microseconds_a_text
from model.assets import assets_folder

BATCHES = (1, 8, 32, 128, 512)
ROWS = 4096
"""Texts to take batches from, so that no cache holds all the rows of the embedding that they use."""
TOLERANCE = 1e-5
REFERENCE = "ONNX Runtime, plain graph"
"""What the others are divided by."""
_GRAPHS = {"plain": REFERENCE, "folded": "ONNX Runtime, folded graph"}

Measure = Callable[[int, float], float]
"""Batch and seconds to microseconds a text."""


def measure(batches: Sequence[int], rounds: int, seconds: float, cache: Path, data: Path | None) -> dict[str, Any]:
    """For each batch and engine the median of microseconds a text, and of the rounds' ratios to `REFERENCE`.

    Raises `AssertionError` where the engines do not agree on every text.
    """
    with _engines(cache, data) as engines:
        by_batch = {}
        for batch in batches:
            turns = [{name: run(batch, seconds) for name, run in engines.items()} for _ in range(rounds)]
            by_batch[str(batch)] = {
                name: {
                    "us_a_text": statistics.median(turn[name] for turn in turns),
                    "ratio": statistics.median(turn[name] / turn[REFERENCE] for turn in turns),
                }
                for name in engines
            }
    return {"reference": REFERENCE, "rounds": rounds, "seconds": seconds, "batches": by_batch}


@contextmanager
def _engines(cache: Path, data: Path | None) -> Iterator[dict[str, Measure]]:
    """All engines by name, loaded, and found to give the same probabilities for the same ids."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        settings = Settings(data=folder, device="cpu")
        install_default_model(settings.models_folder, assets_folder() / "bundles")
        serving = load_serving(settings)
        from model.savedmodel import SavedModelEngine  # imports TensorFlow, which load_serving does quietly

        savedmodel = SavedModelEngine(serving.bundle)
        ids, _ = serving.bundle.encoder.encode(texts_for(serving.bundle.encoder.tokenizer, ROWS, data))
        ours = {"Tercet": serving.engine.probabilities, "SavedModel's signature": savedmodel.probabilities}
        np.save(folder / "ids.npy", ids)
        np.savez(folder / "weights.npz", **_weights(serving.bundle.folder))
        with _onnx_timer(interpreter("onnx", cache), folder) as timer:
            answers = {name: run(ids) for name, run in ours.items()}
            answers |= {name: np.load(folder / f"{graph}.npy") for graph, name in _GRAPHS.items()}
            _check_equality(answers)
            measures = {name: _in_this_process(run, ids) for name, run in ours.items()}
            yield measures | {name: _in_the_timer(timer, graph) for graph, name in _GRAPHS.items()}


def _weights(bundle: Path) -> dict[str, Any]:
    import tensorflow as tf

    return {name: variable.numpy() for name, variable in tf.saved_model.load(str(bundle)).weights.items()}


@contextmanager
def _onnx_timer(python: Path, folder: Path) -> Iterator[subprocess.Popen[str]]:
    """`onnx_timer` at work on what is in `folder`, ended with the block."""
    command = [str(python), "-m", "benchmarks.peers.onnx_timer", str(folder)]
    pipe = subprocess.PIPE
    with subprocess.Popen(command, cwd=ROOT, stdin=pipe, stdout=pipe, text=True, bufsize=1) as process:
        try:
            if not _stream(process.stdout).readline():
                raise RuntimeError("the process of ONNX Runtime ended before it was ready; it says why above")
            yield process
        finally:
            _stream(process.stdin).close()


def _stream(stream: IO[str] | None) -> IO[str]:
    assert stream is not None
    return stream


def _check_equality(answers: dict[str, NDArray[np.float32]]) -> None:
    expected = answers[REFERENCE]
    for name, answer in answers.items():
        worst = float(np.abs(answer - expected).max())
        if not worst <= TOLERANCE:
            raise AssertionError(f"{name} and {REFERENCE} differ by {worst:.1e}, so their times cannot be compared")


def _in_this_process(run: Callable[[NDArray[np.int32]], Any], ids: NDArray[np.int32]) -> Measure:
    return lambda batch, seconds: microseconds_a_text(run, ids, batch, seconds)


def _in_the_timer(timer: subprocess.Popen[str], graph: str) -> Measure:
    def ask(batch: int, seconds: float) -> float:
        _stream(timer.stdin).write(f"{graph} {batch} {seconds}\n")
        return float(_stream(timer.stdout).readline())

    return ask


def main(
    rounds: Annotated[int, typer.Option(min=1)] = 5,
    seconds: Annotated[float, typer.Option(help="How long an engine's turn takes.")] = 0.5,
    batch: Annotated[list[int] | None, typer.Option(help="Texts a call; may be given several times.")] = None,
    core: Annotated[int, typer.Option(help="The core that everything runs on.")] = 0,
    cache: Annotated[Path, typer.Option(help="Where the environments are.")] = CACHE,
    data: Annotated[Path | None, typer.Option(help="CSV with a column text; left out, texts are made up.")] = None,
) -> None:
    """Print a table of microseconds a text."""
    os.sched_setaffinity(0, {core})  # before TensorFlow, which makes a thread for each core that it may use
    result = measure(batch or BATCHES, rounds, seconds, cache, data)
    print(f"{'microseconds a text (÷ ONNX Runtime, plain graph)':>52}")
    for size, engines in result["batches"].items():
        for name, figures in engines.items():
            print(f"{size:>5} {name:>28} {figures['us_a_text']:9.1f} ({figures['ratio']:.2f})")


if __name__ == "__main__":
    typer.run(main)
