"""The account of a run: what its report is made from, and what the bundle's manifest says of it."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

from training.assessment import Assessment
from training.calibration import Calibration, reliability
from training.comparison import Comparison, Uncompared
from training.crossval_figures import CrossvalFigures
from training.data.splitting import BY_TEXT
from training.export import libraries, now
from training.history import History
from training.preparation import Prepared
from training.report import DataSummary, Layer, ReportContents, SplitSizes
from training.report.verdict import judge


def report_contents(
    name: str,
    prepared: Prepared,
    layers: Sequence[dict[str, Any]],
    history: History,
    assessment: Assessment,
    *,
    seconds: dict[str, float],
    crossval: CrossvalFigures | None = None,
    command: str = "",
) -> ReportContents:
    """What the report shows. `command` is what trains such a network again."""
    dataset, split = prepared.dataset, prepared.split
    targets = dataset.targets[split.test]
    return ReportContents(
        name=name,
        preset=prepared.preset,
        labels=dataset.labels,
        created_at=now(),
        data=_data_summary(prepared),
        split=SplitSizes(len(split.train), len(split.validation), len(split.test)),
        history=history,
        evaluation=assessment.evaluation,
        baseline=assessment.baseline.evaluation,
        comparison=assessment.comparison,
        reliability=reliability(assessment.probabilities, targets),
        calibration=assessment.calibration,
        mistakes=assessment.mistakes,
        by_length=assessment.by_length,
        unknown_share=assessment.unknown_share,
        ablations=assessment.ablations,
        learning_curve=assessment.learning_curve,
        crossval=crossval,
        command=command,
        token_lengths=prepared.token_lengths,
        sequence_length=prepared.network.sequence_length,
        coverage=prepared.vectors.coverage,
        vectors=prepared.vectors.source,
        parameters=asdict(prepared.network) | asdict(prepared.training),
        layers=tuple(Layer(each["name"], each["kind"], tuple(each["shape"]), each["parameters"]) for each in layers),
        seconds=seconds,
        libraries=libraries(),
    )


def _data_summary(prepared: Prepared) -> DataSummary:
    dataset = prepared.dataset
    return DataSummary(
        source=dataset.source,
        rows_read=dataset.rows_read,
        accepted=len(dataset),
        per_class=dataset.label_counts(),
        problems=tuple(problem.message for problem in dataset.problems),
        feedback="" if prepared.feedback is None else prepared.feedback.sentence,
        fingerprint=dataset.fingerprint,
    )


def manifest_facts(
    prepared: Prepared, contents: ReportContents, *, label_names: Mapping[str, str], run: str | None = None
) -> dict[str, Any]:
    """The fields of the bundle's manifest that say how it came about, as JSON; `run` is the run's name."""
    coverage, feedback = prepared.vectors.coverage, prepared.feedback
    best = contents.history.records[contents.history.best_epoch - 1]
    return {
        "preset": prepared.preset,
        "labels": prepared.dataset.labels,
        "label_names": dict(label_names),
        "sequence_length": prepared.network.sequence_length,
        "network": asdict(prepared.network),
        "training": asdict(prepared.training)
        | {
            "split": BY_TEXT,
            "epochs_run": len(contents.history.records),
            "best": asdict(best),
            "feedback": None if feedback is None else feedback.as_dict(),
            "run": run,
        },
        "vectors": {
            "source": _printable(prepared.vectors.source),
            "coverage": None if coverage is None else coverage.as_dict(),
        },
        "metrics": _metrics(contents),
        "data": {
            "source": _printable(prepared.dataset.source),
            "sha256": prepared.dataset.fingerprint,
            "rows": len(prepared.dataset),
            "split": asdict(contents.split),
        },
    }


def _metrics(contents: ReportContents) -> dict[str, Any]:
    comparison, crossval = contents.comparison, contents.crossval
    return {
        "split": "test",
        **contents.evaluation.as_dict(),
        "baseline": contents.baseline.as_dict(),
        "comparison": comparison.as_dict() if isinstance(comparison, Comparison) else None,
        "uncompared": comparison.as_dict() if isinstance(comparison, Uncompared) else None,
        "verdict": judge(contents).as_dict(),
        "calibration": None if contents.calibration is None else _calibration_figures(contents.calibration),
        "by_length": [each.as_dict() for each in contents.by_length],
        "unknown_share": contents.unknown_share,
        "ablations": [each.as_dict() for each in contents.ablations],
        "learning_curve": [each.as_dict() for each in contents.learning_curve],
        "crossval": None if crossval is None else crossval.as_dict(),
    }


def _calibration_figures(calibration: Calibration) -> dict[str, Any]:
    """Without the bins, which are the report's."""
    return {name: value for name, value in calibration.as_dict().items() if name not in ("before", "after")}


def _printable(file_name: str) -> str:
    """A name on disk may hold bytes that are no text; those become question marks."""
    return file_name.encode("utf-8", "replace").decode("utf-8")
