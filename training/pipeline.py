"""The pipeline: one training run from a labelled file to a registered version, step by step."""

import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

from model import durable
from model.bundle import CARD, REPORT
from model.device import Device, select
from model.network import describe_layers
from model.phrases import PHRASES, dump
from model.registry import Registry
from training.account import manifest_facts, report_contents
from training.assessment import Assessment, assess
from training.baseline import fit_baseline
from training.champion import Challenge, compare_with_champion
from training.checkpoint import CheckpointFile
from training.command import command
from training.comparison import Uncompared
from training.crossval_figures import CrossvalFigures, check_same, read_crossval
from training.curve_points import joined
from training.export import register
from training.fitting import Fitting, fit_here
from training.history import History
from training.label_names import choose
from training.learning import Learnt, learn
from training.learning_curve import Retraining, baseline_curve, network_curve
from training.outcome import Outcome
from training.phrases import find_phrases
from training.preparation import DataSource, Prepared, prepare
from training.presets import Preset
from training.progress import Progress
from training.promotion import Policy, settle
from training.report import ReportContents, write_report
from training.report.card import card
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
    only_above_baseline: bool = False
    """Promote nothing that loses to the baseline."""


@dataclass(frozen=True, slots=True)
class Evidence:
    """What report and card hold beyond the figures of this training."""

    learning_curve: bool = False
    """Train the network on parts of the rows too; the baseline's curve is always there."""
    crossval: Path | None = None
    """What `crossval --output` wrote of the same data and preset."""


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
    evidence: Evidence | None = None,
    fitting: Fitting = fit_here,
) -> Outcome:
    """Run all stages; nothing is registered unless each of them succeeds.

    With `resume`, a run that was killed goes on from its last whole epoch. A run with a name that has a version
    already goes on with the promotion. `fitting` says where the network learns. Raises `DataError`, `VectorsError`,
    `TrainingError`, `DeviceError`, `ConfigError` or `RegistryError`; what `fitting` raises, too.
    """
    clock, history = Stopwatch(), History()
    registry, name = target.registry, target.name
    with run_folder(registry, name, target.run) as folder:
        version = find_version(registry, name, target.run)
        if version is None:
            asked = evidence or Evidence()
            version, history = _learn(
                source, preset, target, progress, folder, clock, asked, device=device, resume=resume, fitting=fitting
            )
        else:
            progress.note(f"this run has registered version {version} already; going on from there")
        promotion = settle(
            registry,
            name,
            version,
            target.promote,
            allow_label_change=target.allow_label_change,
            only_above_baseline=target.only_above_baseline,
        )
    return Outcome.of_version(registry, name, version, promotion, history, clock.seconds)


def _learn(
    source: DataSource,
    preset: Preset,
    target: Target,
    progress: Progress,
    folder: Path,
    clock: Stopwatch,
    evidence: Evidence,
    *,
    device: Device,
    resume: bool,
    fitting: Fitting,
) -> tuple[int, History]:
    """The version that is registered, and how its fit went; `folder` is for checkpoints."""
    progress.note(f"computing on the {select(device).upper()}")
    with clock("prepare"):
        prepared = prepare(source, preset, progress)
        label_names = choose(target.label_names, prepared.dataset.labels, target.registry, target.name)
        crossval = None if evidence.crossval is None else _crossval(evidence.crossval, prepared, preset)
    checkpoints = CheckpointFile.of_run(folder, prepared.identity())
    with clock("fit"):
        learnt = learn(prepared, checkpoints, progress, resume=resume, fitting=fitting)
    progress.stage("evaluate")
    with clock("evaluate"):
        assessment = _evaluate(target, prepared, learnt, progress)
        baselines = baseline_curve(prepared, assessment.baseline.evaluation)
    networks = {len(prepared.split.train): assessment.evaluation}
    if evidence.learning_curve:
        with clock("learning curve"):
            networks |= network_curve(prepared, Retraining(source, preset, folder, fitting), progress)
    curve = joined(networks, baselines)
    contents = report_contents(
        target.name,
        prepared,
        describe_layers(learnt.network),
        learnt.history,
        replace(assessment, learning_curve=curve),
        seconds=clock.seconds,
        crossval=crossval,
        command=command(source, preset, target.name),
    )
    if isinstance(contents.comparison, Uncompared):
        progress.warn(contents.comparison.reason)
    progress.stage("export")
    with clock("export"):
        version = _export(target, prepared, learnt.network, contents, label_names)
    checkpoints.discard()
    return version, learnt.history


def _crossval(path: Path, prepared: Prepared, preset: Preset) -> CrossvalFigures:
    """The figures of a cross-validation, refused before anything is learnt where it is of something else."""
    figures = read_crossval(path)
    hyper_parameters = {"network": asdict(preset.network), "training": asdict(preset.training)}
    fingerprint = prepared.dataset.fingerprint
    check_same(figures, fingerprint=fingerprint, preset=preset.name, hyper_parameters=hyper_parameters)
    return figures


def _evaluate(target: Target, prepared: Prepared, learnt: Learnt, progress: Progress) -> Assessment:
    dataset, split = prepared.dataset, prepared.split
    baseline = fit_baseline(dataset.texts, dataset.targets, train=split.train, test=split.test, labels=dataset.labels)
    if baseline.rows_left_out:
        progress.note(
            f"the baseline learns from all but {baseline.rows_left_out:,} training rows: they are too much text"
        )
    assessment = assess(prepared, learnt, baseline)
    challenge = Challenge(
        [dataset.texts[row] for row in split.test],
        dataset.targets[split.test],
        dataset.labels,
        assessment.probabilities,
        prepared.training,
    )
    return replace(assessment, comparison=compare_with_champion(target.registry, target.name, challenge))


def _export(
    target: Target, prepared: Prepared, network: Any, contents: ReportContents, label_names: Mapping[str, str]
) -> int:
    def write_beside(folder: Path) -> None:
        write_report(folder / REPORT, contents)
        durable.write_text(folder / CARD, card(contents))
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
