"""Ten epochs of `reference`: `python -m training train` against the tutorial's `model.fit`, process by process."""

import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from benchmarks.rounds import Comparison, compare

EPOCHS = 10
PLAIN_FIT = Path(__file__).with_name("plain_fit.py")


def compare_training(data: Path, vectors: Path, rounds: int) -> list[Comparison]:
    """The fit alone, and the whole process; ours also measures a baseline, writes a report and exports."""
    fits: list[float] = []
    plain_fits: list[float] = []

    def ours() -> float:
        fit_s, total_s = _ours(data, vectors)
        fits.append(fit_s)
        return total_s

    def other() -> float:
        fit_s, total_s = _plain(data, vectors)
        plain_fits.append(fit_s)
        return total_s

    whole = compare(f"{EPOCHS} epochs, the whole process, against the tutorial's script", ours, other, rounds)
    fit = Comparison(
        f"{EPOCHS} epochs, the fit alone with validation, against model.fit on NumPy arrays, batch 64",
        sorted(fits)[len(fits) // 2],
        sorted(plain_fits)[len(plain_fits) // 2],
        tuple(a / b for a, b in zip(fits, plain_fits, strict=True)),
    )
    return [fit, whole]


def _ours(data: Path, vectors: Path) -> tuple[float, float]:
    with tempfile.TemporaryDirectory() as folder:
        options = ["--epochs", str(EPOCHS), "--patience", str(EPOCHS), "--name", "benchmark", "--json"]
        places = ["--data", str(data), "--vectors", str(vectors), "--models", folder, "--cache", f"{folder}/.cache"]
        started = time.perf_counter()
        result = _last_line([sys.executable, "-m", "training", "train", *options, *places])
        return result["seconds"]["fit"], time.perf_counter() - started


def _plain(data: Path, vectors: Path) -> tuple[float, float]:
    started = time.perf_counter()
    result = _last_line([sys.executable, str(PLAIN_FIT), str(data), str(vectors), str(EPOCHS)])
    return result["fit_s"], time.perf_counter() - started


def _last_line(command: list[str]) -> dict[str, Any]:
    done = subprocess.run(command, check=True, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    content: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return content
