"""The pipeline: one training run from a labelled file to a registered version, step by step."""

import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from model import durable
from model.bundle import REPORT
from model.device import Device, select
from model.network import describe_layers
from model.phrases import PHRASES, dump
from model.registry import Registry
from training.account import manifest_facts, report_contents
from training.baseline import fit_baseline
from training.champion import Challenge, compare_with_champion
from training.checkpoint import CheckpointFile
from training.comparison import Uncompared
from training.export import register
from training.history import History
from training.label_names import choose
from training.learning import Learnt, learn
from training.outcome import Outcome
from training.phrases import find_phrases
from training.preparation import DataSource, Prepared, prepare
from training.presets import Preset
from training.progress import Progress
from training.promotion import Policy, settle
from training.report import ReportContents, write_report
from training.runs import find_version, run_folder

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
    """Let `if_better` promote a version with other labels, which cannot be compared."""
    run: str | None = None
    """The name of this run: started again with it, it ends in the same one version."""
    label_names: Mapping[str, str] | None = None
    """What people read in place of labels; None takes the names of the version that serves."""


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

    With `resume`, a run that was killed goes on from its last whole epoch. A run with a name that has a version
    already goes on with the promotion. Raises `DataError`, `VectorsError`, `TrainingError`, `DeviceError`,
    `ConfigError` or `RegistryError`.
    """
    clock, history = Stopwatch(), History()
    registry, name = target.registry, target.name
    with run_folder(registry, name, target.run) as folder:
        version = find_version(registry, name, target.run)
        if version is None:
            version, history = _learn(source, preset, target, progress, folder, clock, device=device, resume=resume)
        else:
            progress.note(f"this run has registered version {version} already; going on from there")
        promotion = settle(registry, name, version, target.promote, allow_label_change=target.allow_label_change)
    return Outcome.of_version(registry, name, version, promotion, history, clock.seconds)


def _learn(
    source: DataSource,
    preset: Preset,
    target: Target,
    progress: Progress,
    folder: Path,
    clock: Stopwatch,
    *,
    device: Device,
    resume: bool,
) -> tuple[int, History]:
    """The version that is registered, and how its fit went; `folder` is for checkpoints."""
    progress.note(f"computing on the {select(device).upper()}")
    with clock("prepare"):
        prepared = prepare(source, preset, progress)
        label_names = choose(target.label_names, prepared.dataset.labels, target.registry, target.name)
    checkpoints = CheckpointFile.of_run(folder, prepared.identity())
    with clock("fit"):
        learnt = learn(prepared, checkpoints, progress, resume=resume)
    progress.stage("evaluate")
    with clock("evaluate"):
        contents = _evaluate(target, prepared, learnt, clock.seconds, progress)
    if isinstance(contents.comparison, Uncompared):
        progress.warn(contents.comparison.reason)
    progress.stage("export")
    with clock("export"):
        version = _export(target, prepared, learnt.network, contents, label_names)
    checkpoints.discard()
    return version, learnt.history


def _evaluate(
    target: Target, prepared: Prepared, learnt: Learnt, seconds: dict[str, float], progress: Progress
) -> ReportContents:
    dataset, split = prepared.dataset, prepared.split
    baseline = fit_baseline(dataset.texts, dataset.targets, train=split.train, test=split.test, labels=dataset.labels)
    if baseline.rows_left_out:
        progress.note(
            f"the baseline learns from all but {baseline.rows_left_out:,} training rows: they are too much text"
        )
    probabilities = learnt.probabilities(prepared.examples(split.test).ids)  # (test rows, classes)
    challenge = Challenge(
        [dataset.texts[row] for row in split.test],
        dataset.targets[split.test],
        dataset.labels,
        probabilities,
        prepared.training,
    )
    return report_contents(
        target.name,
        prepared,
        describe_layers(learnt.network),
        learnt.history,
        probabilities=probabilities,
        baseline=baseline.evaluation,
        comparison=compare_with_champion(target.registry, target.name, challenge),
        seconds=seconds,
    )


def _export(
    target: Target, prepared: Prepared, network: Any, contents: ReportContents, label_names: Mapping[str, str]
) -> int:
    def write_beside(folder: Path) -> None:
        write_report(folder / REPORT, contents)
        phrases = find_phrases(network, prepared.ids[prepared.split.train], prepared.encoder.tokenizer)
        durable.write_bytes(folder / PHRASES, dump(phrases))

    return register(
        target.registry,
        target.name,
        network,
        prepared.encoder.tokenizer,
        rows=prepared.examples(prepared.split.test).ids[:PARITY_ROWS],
        facts=manifest_facts(prepared, contents, label_names=label_names, run=target.run),
        write_beside=write_beside,
    )
