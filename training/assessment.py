"""The assessment: all that is measured of a network on the test rows, by itself and against others."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from model.wide import Temperature
from training.ablation import Ablation, ablate
from training.baseline import Baseline
from training.by_length import LengthBin, measure_by_length
from training.calibration import Calibration, measure_calibration
from training.comparison import Comparison, Uncompared
from training.curve_points import CurvePoint
from training.evaluation import Evaluation, evaluate
from training.learning import Learnt
from training.mistakes import Mistake, confident_mistakes
from training.preparation import Prepared


@dataclass(frozen=True, slots=True)
class Assessment:
    """What a network reached on the test rows."""

    probabilities: NDArray[np.float32]
    """(test rows, classes)"""
    evaluation: Evaluation
    baseline: Baseline
    calibration: Calibration | None
    mistakes: tuple[Mistake, ...]
    by_length: tuple[LengthBin, ...]
    unknown_share: float
    """Of the words of the test rows."""
    ablations: tuple[Ablation, ...]
    comparison: Comparison | Uncompared | None = None
    learning_curve: tuple[CurvePoint, ...] = ()


def assess(prepared: Prepared, learnt: Learnt, baseline: Baseline) -> Assessment:
    """Measure what was learnt, without comparison and learning curve, which take more than these rows.

    Raises `TrainingError` where probabilities are not finite.
    """
    dataset, rows = prepared.dataset, prepared.split.test
    ids, targets = prepared.examples(rows).ids, dataset.targets[rows]
    probabilities = learnt.probabilities(ids)  # (test rows, classes)
    evaluation = evaluate(probabilities, targets, dataset.labels)
    temperature = temperature_of(learnt.network)
    lengths, unknown = _words(prepared, [dataset.texts[row] for row in rows])
    lines = np.array([dataset.line_numbers[row] for row in rows], dtype=np.int64)
    return Assessment(
        probabilities,
        evaluation,
        baseline,
        None if temperature is None else measure_calibration(probabilities, targets, temperature),
        confident_mistakes(probabilities, targets, dataset.labels, lines),
        measure_by_length(lengths, targets, probabilities, baseline.probabilities),
        unknown,
        ablate(learnt.parts, ids, targets, dataset.labels),
    )


def temperature_of(network: Any) -> float | None:
    """What the logits of a `keras.Model` are divided by; None where it has no such layer."""
    found = [layer for layer in network.layers if isinstance(layer, Temperature)]
    return float(found[0].temperature.numpy()) if found else None


def _words(prepared: Prepared, texts: Sequence[str]) -> tuple[NDArray[np.int64], float]:
    """The ids of each text before truncation (texts,), and the share of all their words that have none."""
    counted = [prepared.encoder.tokenizer.encode_counting(text) for text in texts]
    total, known = sum(words for _, words, _ in counted), sum(known for _, _, known in counted)
    return np.array([len(ids) for ids, _, _ in counted], dtype=np.int64), 1 - known / total if total else 0.0
