"""Renders the page of a report: one HTML file with its figures inside, that asks the network for nothing."""

import base64
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from jinja2 import Environment, PackageLoader, StrictUndefined

from training.comparison import RESAMPLES, Comparison, Uncompared
from training.evaluation import Evaluation
from training.report.contents import ReportContents
from training.report.details import details
from training.report.figures.confusion import MANY_CLASSES
from training.report.figures.coverage import SHOWN_MISSES
from training.report.verdict import accuracy_margin, judge

_TEMPLATE = "report.html.jinja"


@dataclass(frozen=True)
class Picture:
    """One figure as PNG, on light and on dark paper."""

    light: bytes
    dark: bytes


@dataclass(frozen=True)
class Metric:
    """One figure of network and baseline side by side, ready to print; `better` is None where they are equal."""

    name: str
    meaning: str
    network: str
    baseline: str
    difference: str
    better: bool | None


def render(contents: ReportContents, pictures: Mapping[str, Picture]) -> str:
    """The page of `contents`; `pictures` by the names of `training.report.figures`."""
    environment = Environment(
        loader=PackageLoader("training.report"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["data_url"] = _data_url
    lengths = contents.token_lengths
    return environment.get_template(_TEMPLATE).render(
        run=contents,
        pictures=pictures,
        verdict=judge(contents),
        metrics=metrics(contents.evaluation, contents.baseline),
        champion=champion(contents.comparison),
        details=details(contents),
        misses=contents.coverage.top_misses[:SHOWN_MISSES] if contents.coverage else (),
        truncated=float(np.mean(lengths > contents.sequence_length)) if lengths.size else 0.0,
        many_classes=len(contents.labels) > MANY_CLASSES,
    )


def metrics(network: Evaluation, baseline: Evaluation) -> tuple[Metric, ...]:
    """The rows of the table that compares the two."""
    margin = f"± {100 * accuracy_margin(network):.1f}"
    return (
        _metric("Log loss", "lower is better; 0 is certain and right", network.log_loss, baseline.log_loss),
        _percentage("Accuracy", f"rows told right ({margin} points)", network.accuracy, baseline.accuracy),
        _percentage("Macro F1", "every class counts the same", network.macro_f1, baseline.macro_f1),
        _metric(
            "Calibration error",
            "how far confidence is off; lower is better",
            network.expected_calibration_error,
            baseline.expected_calibration_error,
        ),
    )


@dataclass(frozen=True)
class Champion:
    """The comparison with the version that serves, ready to print; without `rows` there is none, `text` says why."""

    outcome: str
    """`wins`, `mixed` or `loses`, as a verdict."""
    text: str
    rows: tuple[Metric, ...] = ()
    interval: str = ""
    mcnemar: str = ""
    caveat: str | None = None


def champion(comparison: Comparison | Uncompared | None) -> Champion | None:
    """What the page says of the version that served while this one was trained."""
    if comparison is None:
        return None
    if isinstance(comparison, Uncompared):
        return Champion("mixed", comparison.reason)
    ours, theirs, test = comparison.challenger, comparison.champion, comparison.mcnemar
    low, high = (_signed(bound, ".3f") for bound in comparison.interval)
    return Champion(
        "wins" if comparison.better else "loses" if comparison.interval[0] > 0 else "mixed",
        comparison.verdict,
        (
            _metric("Log loss", "lower is better; 0 is certain and right", ours.log_loss, theirs.log_loss),
            _percentage("Accuracy", "rows told right", ours.accuracy, theirs.accuracy),
            _metric(
                "Calibration error",
                "how far confidence is off; lower is better",
                ours.expected_calibration_error,
                theirs.expected_calibration_error,
            ),
        ),
        f"The difference of the log losses lies between {low} and {high} with 95 % confidence "
        f"(paired bootstrap, {RESAMPLES:,} resamples).",
        f"{test.only_challenger_right:,} rows only the new version gets right, {test.only_champion_right:,} only the "
        f"other: p = {test.p_value:.3g} (McNemar's exact test).",
        comparison.caveat,
    )


def _metric(name: str, meaning: str, network: float, baseline: float) -> Metric:
    difference = network - baseline
    better = None if difference == 0 else difference < 0
    return Metric(name, meaning, f"{network:.3f}", f"{baseline:.3f}", _signed(difference, ".3f"), better)


def _percentage(name: str, meaning: str, network: float, baseline: float) -> Metric:
    difference = 100 * (network - baseline)
    better = None if difference == 0 else difference > 0
    return Metric(name, meaning, f"{network:.1%}", f"{baseline:.1%}", f"{_signed(difference, '.1f')} points", better)


def _signed(value: float, digits: str) -> str:
    # A true minus sign, which is as wide as the plus.
    return f"{value:+{digits}}".replace("-", "\N{MINUS SIGN}")


def _data_url(image: bytes) -> str:
    return "data:image/png;base64," + base64.b64encode(image).decode("ascii")
