"""Does the network beat the baseline? In words, with what to try next where it does not."""

from dataclasses import asdict, dataclass
from enum import StrEnum
from math import sqrt
from typing import Any

import numpy as np

from training.evaluation import Evaluation
from training.report.contents import ReportContents

_NORMAL_95 = 1.96
"""Standard errors to either side that hold 95 % of a normal distribution."""
_LOW_COVERAGE = 0.9
_MUCH_TRUNCATION = 0.1
_OVERFITTING = 0.2
"""Validation loss over training loss, in nats, at the best epoch; dropout alone puts it below zero."""


class Outcome(StrEnum):
    """Log loss decides, since it judges every probability; accuracy must not fall for a clean win."""

    WINS = "wins"
    MIXED = "mixed"
    LOSES = "loses"


@dataclass(frozen=True)
class Verdict:
    """`headline` is one sentence; `detail` puts figures to it; `advice` is empty after a win."""

    outcome: Outcome
    headline: str
    detail: str
    advice: tuple[str, ...]

    def as_dict(self) -> dict[str, Any]:
        """For JSON."""
        return asdict(self) | {"outcome": self.outcome.value, "advice": [*self.advice]}


def judge(contents: ReportContents) -> Verdict:
    """The verdict on `contents.evaluation` against `contents.baseline`."""
    outcome = _outcome(contents.evaluation, contents.baseline)
    headline = {
        Outcome.WINS: "The network beats the baseline.",
        Outcome.MIXED: "The network only partly beats the baseline.",
        Outcome.LOSES: "The network loses to the baseline. Do not ship it as it is.",
    }[outcome]
    advice = () if outcome is Outcome.WINS else _advice(contents)
    return Verdict(outcome, headline, _detail(contents.evaluation, contents.baseline), advice)


def accuracy_margin(evaluation: Evaluation) -> float:
    """Half the width of the 95 % interval of the accuracy (normal approximation of the binomial), in [0, 1]."""
    return _NORMAL_95 * sqrt(evaluation.accuracy * (1 - evaluation.accuracy) / evaluation.rows)


def _outcome(network: Evaluation, baseline: Evaluation) -> Outcome:
    if network.log_loss >= baseline.log_loss:
        return Outcome.LOSES
    return Outcome.WINS if network.accuracy >= baseline.accuracy else Outcome.MIXED


def _detail(network: Evaluation, baseline: Evaluation) -> str:
    loss = network.log_loss - baseline.log_loss
    points = 100 * (network.accuracy - baseline.accuracy)
    words = (
        f"On {network.rows:,} held-out rows its log loss is {network.log_loss:.3f} against "
        f"{baseline.log_loss:.3f} ({_distance(loss, 'lower', 'higher', '.3f')}), and it gets "
        f"{network.accuracy:.1%} of them right against {baseline.accuracy:.1%} "
        f"({_distance(-points, 'more', 'fewer', '.1f', ' points')})."
    )
    chance = 100 * sqrt(accuracy_margin(network) ** 2 + accuracy_margin(baseline) ** 2)
    if abs(points) < chance:
        words += f" On that many rows up to {chance:.1f} points of accuracy may be chance."
    return words


def _distance(difference: float, below: str, above: str, digits: str, unit: str = "") -> str:
    if difference == 0:
        return "no difference"
    return f"{abs(difference):{digits}}{unit} {below if difference < 0 else above}"


def _advice(contents: ReportContents) -> tuple[str, ...]:
    found = [*_fit_advice(contents), *_input_advice(contents)]
    general = "Try another preset or more rows; if neither helps, the baseline is the better classifier for this data."
    return (*found, general)


def _fit_advice(contents: ReportContents) -> list[str]:
    records = contents.history.records
    if not records:
        return []
    best = next(record for record in records if record.epoch == contents.history.best_epoch)
    if best is records[-1]:
        return ["Validation loss was still falling at the last epoch: train for more epochs."]
    if best.validation_loss - best.loss > _OVERFITTING:
        return ["It knows the training rows far better than new ones: more dropout, or fewer units."]
    if best.loss > contents.baseline.log_loss:
        level = f"Even on its own training rows (dropout on) its loss stays at {best.loss:.2f}"
        return [f"{level}: let the embedding learn, or take a preset that sees more of the text."]
    return []


def _input_advice(contents: ReportContents) -> list[str]:
    advice = []
    coverage = contents.coverage
    if coverage and coverage.tokens_found < _LOW_COVERAGE * coverage.tokens_total:
        share = coverage.tokens_found / coverage.tokens_total
        advice.append(f"Only {share:.0%} of the running words have a vector: take vectors closer to these texts.")
    cut = float(np.mean(contents.token_lengths > contents.sequence_length)) if contents.token_lengths.size else 0.0
    if cut > _MUCH_TRUNCATION:
        advice.append(f"{cut:.0%} of the texts lose their beginning to truncation: use a longer sequence length.")
    return advice
