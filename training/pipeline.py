"""The pipeline: one training run from a labelled file to a registered version, step by step."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from model.bundle import REPORT
from model.device import Device, select
from model.network import build, describe_layers
from model.registry import Registry
from training.baseline import fit_baseline
from training.calibration import reliability
from training.checkpoint import CheckpointFile
from training.evaluation import Evaluation, evaluate
from training.export import libraries, now, register
from training.fit import Fit, seed_everything
from training.history import History
from training.preparation import DataSource, Prepared, prepare
from training.presets import Preset
from training.progress import Progress
from training.report import DataSummary, Layer, ReportContents, SplitSizes, write_report

PARITY_ROWS = 512
"""Held-out rows on which the exported graph is compared with the trained network."""


@dataclass(frozen=True, slots=True)
class Target:
    """Where the result goes."""

    registry: Registry
    name: str
    promote: bool = False
    """Make the new version serve; the first version of a model always does."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """A registered version and how good it is on the held-out test rows."""

    name: str
    version: int
    folder: Path
    serves: bool
    evaluation: Evaluation
    baseline: Evaluation
    history: History
    seconds: dict[str, float]

    def as_dict(self) -> dict[str, Any]:
        """For machines."""
        return asdict(self) | {"folder": str(self.folder)}

    def summary(self) -> str:
        """For a person."""
        ours, other = self.evaluation, self.baseline
        promotion = f"python -m app models promote {self.version} --name {self.name}"
        serves = "serves" if self.serves else f"does not serve yet: {promotion}"
        verdict = (
            "beats the baseline"
            if ours.log_loss < other.log_loss
            else "LOSES to the baseline, so do not ship it as it is"
        )
        return "\n".join(
            (
                f"{self.name} version {self.version} is in {self.folder} and {serves}",
                f"On {ours.rows:,} held-out rows it {verdict}:",
                f"  network   log loss {ours.log_loss:.4f}   accuracy {ours.accuracy:.4f}",
                f"  baseline  log loss {other.log_loss:.4f}   accuracy {other.accuracy:.4f}",
                f"Report: {self.folder / REPORT / 'report.html'}",
            )
        )


@dataclass(slots=True)
class Stopwatch:
    """Seconds by stage, in the order they ran."""

    seconds: dict[str, float] = field(default_factory=dict)

    @contextmanager
    def __call__(self, stage: str) -> Iterator[None]:
        """Time what happens inside."""
        started = time.monotonic()
        yield
        self.seconds[stage] = round(time.monotonic() - started, 3)


def train(
    source: DataSource,
    preset: Preset,
    target: Target,
    progress: Progress,
    *,
    device: Device = "auto",
    resume: bool = False,
) -> Outcome:
    """Run all stages; nothing is registered unless each of them succeeds.

    With `resume`, a run that was killed goes on from its last whole epoch. Raises `DataError`, `VectorsError`,
    `TrainingError`, `DeviceError` or `RegistryError`.
    """
    clock = Stopwatch()
    home = target.registry.home(target.name)
    chosen = select(device)
    progress.note(f"computing on the {chosen.upper()}")
    with clock("prepare"):
        prepared = prepare(source, preset, progress)
    checkpoints = CheckpointFile.of_run(home / ".checkpoints", prepared.identity())
    with clock("fit"):
        network, fit, history = _fit(prepared, checkpoints, progress, resume=resume)
    progress.stage("evaluate")
    with clock("evaluate"):
        contents = _evaluate(target.name, prepared, network, fit, history, clock.seconds)
    progress.stage("export")
    with clock("export"):
        version = _export(target, prepared, network, contents)
    checkpoints.discard()
    return Outcome(
        name=target.name,
        version=version,
        folder=target.registry.path(target.name, version),
        serves=target.registry.current(target.name) == version,
        evaluation=contents.evaluation,
        baseline=contents.baseline,
        history=history,
        seconds=clock.seconds,
    )


def _fit(
    prepared: Prepared, checkpoints: CheckpointFile, progress: Progress, *, resume: bool
) -> tuple[Any, Fit, History]:
    seed_everything(prepared.training.seed)
    network = build(prepared.network, prepared.vectors.matrix)
    train_rows, validation_rows = (
        prepared.examples(rows) for rows in (prepared.split.train, prepared.split.validation)
    )
    fit = Fit(network, prepared.training, len(train_rows))
    return network, fit, fit.run(train_rows, validation_rows, checkpoints, progress, resume=resume)


def _evaluate(
    name: str, prepared: Prepared, network: Any, fit: Fit, history: History, seconds: dict[str, float]
) -> ReportContents:
    dataset, split = prepared.dataset, prepared.split
    test = prepared.examples(split.test)
    probabilities = fit.probabilities(test.ids)  # (test rows, classes)
    baseline = fit_baseline(dataset.texts, dataset.targets, train=split.train, test=split.test, labels=dataset.labels)
    return ReportContents(
        name=name,
        preset=prepared.preset,
        labels=dataset.labels,
        created_at=now(),
        data=DataSummary(
            source=dataset.source,
            rows_read=dataset.rows_read,
            accepted=len(dataset),
            per_class=dataset.label_counts(),
            problems=tuple(problem.message for problem in dataset.problems),
        ),
        split=SplitSizes(len(split.train), len(split.validation), len(split.test)),
        history=history,
        evaluation=evaluate(probabilities, test.targets, dataset.labels),
        baseline=baseline.evaluation,
        reliability=reliability(probabilities, test.targets),
        token_lengths=prepared.token_lengths,
        sequence_length=prepared.network.sequence_length,
        coverage=prepared.vectors.coverage,
        vectors=prepared.vectors.source,
        parameters=asdict(prepared.network) | asdict(prepared.training),
        layers=tuple(
            Layer(each["name"], each["kind"], tuple(each["shape"]), each["parameters"])
            for each in describe_layers(network)
        ),
        seconds=seconds,
        libraries=libraries(),
    )


def _export(target: Target, prepared: Prepared, network: Any, contents: ReportContents) -> int:
    version = register(
        target.registry,
        target.name,
        network,
        prepared.encoder.tokenizer,
        rows=prepared.examples(prepared.split.test).ids[:PARITY_ROWS],
        facts=_facts(prepared, contents),
        write_report=lambda folder: write_report(folder / REPORT, contents),
    )
    if target.promote:
        target.registry.promote(target.name, version)
    return version


def _facts(prepared: Prepared, contents: ReportContents) -> dict[str, Any]:
    """What the manifest says of this run."""
    coverage = prepared.vectors.coverage
    best = contents.history.records[contents.history.best_epoch - 1]
    return {
        "preset": prepared.preset,
        "labels": prepared.dataset.labels,
        "sequence_length": prepared.network.sequence_length,
        "network": asdict(prepared.network),
        "training": asdict(prepared.training) | {"epochs_run": len(contents.history.records), "best": asdict(best)},
        "vectors": {
            "source": _printable(prepared.vectors.source),
            "coverage": None if coverage is None else coverage.as_dict(),
        },
        "metrics": {
            "split": "test",
            **contents.evaluation.as_dict(),
            "baseline": contents.baseline.as_dict(),
        },
        "data": {
            "source": _printable(prepared.dataset.source),
            "sha256": prepared.dataset.fingerprint,
            "rows": len(prepared.dataset),
            "split": asdict(contents.split),
        },
    }


def _printable(file_name: str) -> str:
    """A name on disk may hold bytes that are no text; those become question marks."""
    return file_name.encode("utf-8", "replace").decode("utf-8")
