"""One call of `tune`: rows read, the study opened, trials run, and what was found written, however it ended."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Protocol

from model.device import Device, select
from training.data.dataset import load_dataset
from training.preparation import DataSource
from training.presets import Preset
from training.progress import Progress
from training.tuning.asked import read_asked
from training.tuning.findings import Findings, Search
from training.tuning.inner import InnerFolds, inner_folds
from training.tuning.objective import Objective
from training.tuning.pruning import pruner
from training.tuning.report import write_report
from training.tuning.search import Budget, Course, search
from training.tuning.space import space_of, start, value_of
from training.tuning.study import opened, work_folder


@dataclass(frozen=True, slots=True)
class Place:
    """Where a study is kept, and its report."""

    study: str
    storage: Path
    report: Path


@dataclass(frozen=True, slots=True)
class Asked:
    """What to search."""

    folds: int = 3
    only: Sequence[str] = ()
    """Hyper-parameters; all of the preset's space where there are none."""
    changes: Sequence[str] = ()
    """As `training.tuning.asked` reads them."""


class Runner(Protocol):
    """Who runs the trials, where that is not this process."""

    def __call__(
        self, course: Course, source: DataSource, preset: Preset, inner: InnerFolds, device: Device, work: Path
    ) -> None:
        """Run trials as long as `course` goes on; `work` is a folder of the study's. Raises what ends the search."""


@dataclass(frozen=True, slots=True)
class Tuned:
    """What a search has come to."""

    findings: Findings
    preset: Preset
    """With the best values, where any trial was measured to its end."""


def tune(
    source: DataSource,
    preset: Preset,
    asked: Asked,
    budget: Budget,
    place: Place,
    progress: Progress,
    *,
    device: Device = "auto",
    runner: Runner | None = None,
) -> Tuned:
    """Search, or go on with a search. The preset's seed is that of the folds, the trainings and the sampler.

    Raises `ConfigError`, `DataError`, `VectorsError`, `DeviceError` or `TrainingError`; on `KeyboardInterrupt` the
    report is written first.
    """
    preset, changes = read_asked(asked.changes, preset)
    space = space_of(preset, only=asked.only, changes=changes)
    seed = preset.training.seed
    if runner is None:
        progress.note(f"computing on the {select(device).upper()}")
    dataset = load_dataset(
        source.data, text_column=source.text_column, label_column=source.label_column, progress=progress
    )
    inner = inner_folds(dataset, preset.training, asked.folds, seed)
    searched = Search(
        place.study,
        preset.name,
        dataset.source,
        len(inner.dataset),
        inner.held_back,
        asked.folds,
        seed,
        space,
        start(space, preset),
        {row.name: value_of(preset, row.name) for row in space},
    )
    identity = _identity(source, preset, inner, searched)
    with opened(place.storage, place.study, identity, searched.start, pruner()) as study:
        work = work_folder(place.storage, place.study)
        try:
            if runner is None:
                objective = Objective(source, preset, inner, work)
                search(study, space, objective, budget, progress, seed=seed)
            else:
                runner(Course(study, space, budget, progress, seed), source, preset, inner, device, work)
        finally:
            findings = Findings.of(study, searched)
            write_report(place.report, findings)
    best = findings.best
    return Tuned(findings, preset if best is None else preset.adapted(**dict[str, Any](best.parameters)))


def _identity(source: DataSource, preset: Preset, inner: InnerFolds, searched: Search) -> dict[str, Any]:
    """What makes another call part of the same study, as JSON. The outer fold is no part of it."""
    return {
        "data": inner.dataset.fingerprint,
        "vectors": Path(source.vectors).name,
        "preset": preset.name,
        "hyper-parameters": asdict(preset.network) | asdict(preset.training),
        "folds": searched.folds,
        "space": {row.name: row.as_dict() for row in searched.space},
    }
