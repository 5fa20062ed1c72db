"""The pipeline: one training run from a labelled file to a registered version, step by step."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, Literal

from model.bundle import REPORT
from model.device import Device, select
from model.network import build, describe_layers
from model.registry import Registry
from training.account import manifest_facts, report_contents
from training.baseline import fit_baseline
from training.checkpoint import CheckpointFile
from training.export import register
from training.fit import Fit, seed_everything
from training.history import History
from training.outcome import Outcome
from training.preparation import DataSource, Prepared, prepare
from training.presets import Preset
from training.progress import Progress
from training.report import ReportContents, write_report

Policy = Literal["never", "always", "if_better"]

PARITY_ROWS = 512
"""Held-out rows on which the exported graph is compared with the trained network."""


@dataclass(frozen=True, slots=True)
class Target:
    """Where the result goes."""

    registry: Registry
    name: str
    promote: Policy = "never"
    """Whether to make the new version serve; the first version of a model always does."""
    allow_label_change: bool = False
    run: str | None = None


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
    baseline = fit_baseline(dataset.texts, dataset.targets, train=split.train, test=split.test, labels=dataset.labels)
    return report_contents(
        name,
        prepared,
        describe_layers(network),
        history,
        probabilities=fit.probabilities(prepared.examples(split.test).ids),  # (test rows, classes)
        baseline=baseline.evaluation,
        seconds=seconds,
    )


def _export(target: Target, prepared: Prepared, network: Any, contents: ReportContents) -> int:
    version = register(
        target.registry,
        target.name,
        network,
        prepared.encoder.tokenizer,
        rows=prepared.examples(prepared.split.test).ids[:PARITY_ROWS],
        facts=manifest_facts(prepared, contents),
        write_report=lambda folder: write_report(folder / REPORT, contents),
    )
    if target.promote != "never":
        target.registry.promote(target.name, version)
    return version
