"""Contents of a report in toy dimensions, of which a test changes what it is about."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pytest

from training.ablation import Ablation
from training.by_length import LengthBin
from training.calibration import measure_calibration, reliability
from training.crossval_figures import CrossvalFigures
from training.curve_points import CurvePoint
from training.evaluation import evaluate
from training.history import EpochRecord, History
from training.mistakes import confident_mistakes
from training.report import DataSummary, Layer, ReportContents, SplitSizes


@dataclass(frozen=True)
class FoundWords:
    words_found: int = 18
    words_total: int = 20
    tokens_found: int = 95
    tokens_total: int = 100
    top_misses: tuple[tuple[str, int], ...] = (("zann", 4), ("obed", 1))


MakeContents = Callable[..., ReportContents]


@pytest.fixture
def make_contents() -> MakeContents:
    def make(labels=("EAP", "HPL", "MWS"), right=0.5, baseline_right=0.5, rows=100, **changes):
        """Network and baseline that are right on these shares of the rows, with probability 0.75 each time."""
        targets = np.arange(rows, dtype=np.int32) % len(labels)
        network = told(targets, len(labels), right)
        fields = {
            "name": "toy",
            "preset": "reference",
            "labels": labels,
            "created_at": "2025-01-31T12:00:00Z",
            "data": DataSummary("toy.csv", 110, 100, dict.fromkeys(labels, 40), ("10 rows are duplicates",)),
            "split": SplitSizes(1080, 90, rows),
            "history": History(
                (
                    EpochRecord(1, 0.9, 0.5, 0.8, 0.55, 1.0),
                    EpochRecord(2, 0.6, 0.6, 0.7, 0.65, 1.0),
                    EpochRecord(3, 0.5, 0.7, 0.75, 0.6, 1.0),
                )
            ),
            "evaluation": evaluate(network, targets, labels),
            "baseline": evaluate(told(targets, len(labels), baseline_right), targets, labels),
            "reliability": reliability(network, targets),
            "mistakes": confident_mistakes(network, targets, labels, np.arange(rows) + 2),
            "token_lengths": np.array([1, 2, 50, 50, 51, 30, 20, 10, 5, 7, 9]),
            "sequence_length": 50,
            "coverage": FoundWords(),
            "vectors": "toy vectors",
            "parameters": {"units": 100, "dropout": 0.5},
            "layers": (Layer("embedding", "Embedding", (50, 100), 2000), Layer("dense", "Dense", (3,), 303)),
            "seconds": {"fit": 12.34},
            "libraries": {"numpy": "2.4.6"},
        }
        return ReportContents(**(fields | changes))

    return make


def told(targets, classes, right):
    """(rows, classes) probabilities: 0.75 on the truth for the first `right` of the rows, else on the next class."""
    wrong = np.arange(len(targets)) >= round(right * len(targets))
    probabilities = np.full((len(targets), classes), 0.25 / (classes - 1), np.float32)
    probabilities[np.arange(len(targets)), (targets + wrong) % classes] = 0.75
    return probabilities


@pytest.fixture
def make_full(make_contents) -> MakeContents:
    """Contents with everything that is only there for some networks or when it is asked for."""

    def make(right=0.8, rows=120, **changes):
        targets = np.arange(rows, dtype=np.int32) % 3
        network = told(targets, 3, right)
        figures = {"log_loss": 0.29, "accuracy": 0.89, "macro_f1": 0.88, "expected_calibration_error": 0.012}
        fields = {
            "calibration": measure_calibration(network, targets, 1.25),
            "by_length": (
                LengthBin(1, 9, 60, 0.75, 0.7, 0.7, 0.8),
                LengthBin(10, 10, 30, 0.8, 0.5, 0.75, 0.6),
                LengthBin(11, 1200, 30, 0.9, 0.3, 0.8, 0.45),
            ),
            "unknown_share": 0.031,
            "ablations": (Ablation("deep", 0.9, 0.6, 0.05), Ablation("wide", 0.4, 0.85, 0.02)),
            "learning_curve": (
                CurvePoint(135, 1.0, 0.5, 1.05, 0.45),
                CurvePoint(540, 0.75, 0.7, 0.8, 0.65),
                CurvePoint(1080, 0.7, 0.8, 0.78, 0.7),
            ),
            "crossval": CrossvalFigures(
                "accurate", 10, (0,), 1200, figures, dict.fromkeys(figures, 0.004), figures, figures,
                "python -m training crossval --data toy.csv --preset accurate",
            ),
            "command": "python -m training train --data toy.csv --preset accurate --seed 0",
        }  # fmt: skip
        return make_contents(right=right, rows=rows, **(fields | changes))

    return make
