"""The command `tune`: a search for hyper-parameters."""

import contextlib
import re
from pathlib import Path
from typing import Annotated, Any

import typer

from model.cluster import connected
from model.errors import ConfigError
from training.cli.companion import end_with_stdin
from training.cli.importing import libraries
from training.cli.options import (
    CACHE,
    Cache,
    Data,
    DeviceChoice,
    DeviceName,
    EndWithStdin,
    Epochs,
    Json,
    LabelColumn,
    Patience,
    PresetName,
    RayAddress,
    TextColumn,
    Vectors,
)
from training.cli.running import run
from training.cli.threads import limit_threads
from training.console import Watcher
from training.presets import DEFAULT

STUDIES = Path("var/tuning")


def tune(
    data: Data,
    preset: PresetName = DEFAULT,
    trials: Annotated[int, typer.Option(min=1, help="In the study, those of earlier calls among them.")] = 20,
    minutes: Annotated[
        float | None, typer.Option(min=0, help="Begin no trial after so many.", show_default="no limit")
    ] = None,
    folds: Annotated[int, typer.Option(min=2, help="Inner folds; a trial learns once for each.")] = 3,
    only: Annotated[
        str | None, typer.Option(metavar="NAMES", help="Tune these alone, as filters,units.", show_default="all")
    ] = None,
    changes: Annotated[
        list[str] | None,
        typer.Option(
            "--set",
            metavar="NAME=VALUES",
            help="Look elsewhere: low..high, or one,other; a single value stays as it is. Can be repeated.",
            show_default="the preset's space",
        ),
    ] = None,
    epochs: Epochs = None,
    patience: Patience = None,
    seed: Annotated[int, typer.Option(min=0, help="Of the folds, the trainings and the search.")] = 0,
    study: Annotated[
        str | None, typer.Option(help="The study's name; a known one goes on.", show_default="data-preset")
    ] = None,
    storage: Annotated[
        Path | None, typer.Option(help="SQLite file of studies.", show_default=f"{STUDIES}/<study>.db")
    ] = None,
    report: Annotated[
        Path | None,
        typer.Option(help="Folder for report.html and tuning.json.", show_default=f"{STUDIES}/<study>"),
    ] = None,
    text_column: TextColumn = None,
    label_column: LabelColumn = None,
    vectors: Vectors = "box",
    cache: Cache = CACHE,
    device: DeviceName = DeviceChoice.AUTO,
    threads: Annotated[
        int, typer.Option(min=0, help="To compute with; 0 is one a core, and with --ray one for each trial.")
    ] = 0,
    ray: RayAddress = None,
    workers: Annotated[
        int | None,
        typer.Option(min=1, help="With --ray, trials at a time.", show_default="what the cluster has room for"),
    ] = None,
    as_json: Json = False,
    end_with: EndWithStdin = False,
) -> None:
    """Search for hyper-parameters that do better than a preset's. The rows of a training's test are left alone.

    Every trial is kept at once: interrupted or killed and run again, it goes on where it was.
    """
    if end_with:
        end_with_stdin()

    def search(watcher: Watcher, cluster: Any) -> None:
        limit_threads(threads)
        with libraries():
            from training import presets
            from training.command import command
            from training.preparation import DataSource
            from training.tuning.run import Asked, Place, tune
            from training.tuning.search import Budget
            from training.tuning.summary import summary

        chosen = presets.preset(preset).adapted(epochs=epochs, patience=patience, seed=seed)
        name = study_name(study or f"{data.name.split('.')[0]}-{chosen.name}")
        place = Place(name, storage or STUDIES / f"{name}.db", report or STUDIES / name)
        asked = Asked(folds, tuple(part.strip() for part in only.split(",")) if only else (), tuple(changes or ()))
        source = DataSource(data, text_column, label_column, vectors, cache)
        runner = None
        if cluster is not None:
            from training.cluster.trials import OnCluster

            runner = OnCluster(cluster, threads or 1, workers)
        try:
            budget = Budget(trials, minutes)
            tuned = tune(source, chosen, asked, budget, place, watcher, device=device.value, runner=runner)
        except KeyboardInterrupt as error:
            raise KeyboardInterrupt("interrupted; the trials are kept, and the same command goes on") from error
        train = command(source, tuned.preset, study_name(data.name.split(".")[0]))
        watcher.result(tuned.findings.as_dict() | {"train": train}, summary(tuned.findings, place.report, train))

    def work(watcher: Watcher) -> None:
        if workers is not None and ray is None:
            raise ConfigError("--workers are those of a cluster; name it with --ray ADDRESS.")
        with contextlib.nullcontext() if ray is None else connected(ray) as cluster:
            search(watcher, cluster)

    run(work, as_json=as_json)


def study_name(text: str) -> str:
    """`text` as the name of a file: `my data (1)` is my-data-1."""
    return re.sub(r"[^A-Za-z0-9._-]+", "-", text).strip("-_.")[:64] or "study"
