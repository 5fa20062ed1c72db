"""The command `crossval`, and the one that it runs a fold with."""

import contextlib
import json
import os
from pathlib import Path
from typing import Annotated

import typer

from model.cluster import connected
from model.errors import ConfigError
from training.cli.companion import end_with_stdin
from training.cli.importing import libraries
from training.cli.options import (
    CACHE,
    BatchSize,
    Cache,
    Changed,
    Data,
    DeviceChoice,
    DeviceName,
    EmbeddingDim,
    EndWithStdin,
    Epochs,
    Json,
    LabelColumn,
    LearningRate,
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


def crossval(
    data: Data,
    preset: PresetName = DEFAULT,
    folds: Annotated[int, typer.Option(min=2, help="Parts; each is held out once.")] = 10,
    seed: Annotated[int, typer.Option(min=0, help="Of the folds, the weights, the order and the dropout.")] = 0,
    repeats: Annotated[int, typer.Option(min=1, help="How often to do it, each time with the next seed.")] = 1,
    only: Annotated[
        str | None, typer.Option(metavar="FOLDS", help="Learn these alone, as 1,4-6.", show_default="all of them")
    ] = None,
    text_column: TextColumn = None,
    label_column: LabelColumn = None,
    vectors: Vectors = "box",
    epochs: Epochs = None,
    batch_size: BatchSize = None,
    learning_rate: LearningRate = None,
    patience: Patience = None,
    embedding_dim: EmbeddingDim = None,
    changed: Changed = None,
    processes: Annotated[
        int | None,
        typer.Option(min=1, help="Folds side by side.", show_default="half the cores; with --ray what it has room for"),
    ] = None,
    threads: Annotated[
        int,
        typer.Option(min=0, help="Of each fold; 0 shares the cores out among the processes, and is 1 with --ray."),
    ] = 0,
    folder: Annotated[
        Path | None,
        typer.Option(
            help="Where finished folds are kept; run again, only the others are learnt.",
            show_default="one below var/crossval",
        ),
    ] = None,
    restart: Annotated[bool, typer.Option("--restart", help="Forget the folds that are finished.")] = False,
    output: Annotated[
        Path | None, typer.Option(help="Write the figures here too, as JSON.", show_default=False)
    ] = None,
    cache: Cache = CACHE,
    device: DeviceName = DeviceChoice.AUTO,
    ray: RayAddress = None,
    as_json: Json = False,
    end_with: EndWithStdin = False,
) -> None:
    """Measure a preset by cross-validation. Every row is held out once; nothing is registered.

    Finished folds are kept: interrupted and run again, it goes on where it was.
    """
    if end_with:
        end_with_stdin()

    def work(watcher: Watcher) -> None:
        from model import durable
        from training import presets
        from training.crossval.changes import read_changes
        from training.crossval.run import Execution, cross_validate
        from training.crossval.settings import Settings
        from training.crossval.table import text_of

        options = {
            "epochs": epochs,
            "batch_size": batch_size,
            "learning_rate": learning_rate,
            "patience": patience,
            "embedding_dim": embedding_dim,
        }
        settings = Settings(
            data,
            preset,
            {key: value for key, value in options.items() if value is not None}
            | read_changes(changed or (), presets.preset(preset)),
            folds=folds,
            seed=seed,
            repeats=repeats,
            text_column=text_column,
            label_column=label_column,
            vectors=vectors,
            cache=cache,
            device=device.value,
        )
        side_by_side = processes or max(1, cores() // 2)
        chosen = None if only is None else numbers(only, settings.total)
        with contextlib.ExitStack() as stack:
            runner = None
            if ray is not None:
                cluster = stack.enter_context(connected(ray))
                from training.cluster.folds import OnCluster

                runner = OnCluster(cluster, threads or 1, processes, watcher)
            each = threads or max(1, cores() // side_by_side)
            execution = Execution(folder, chosen, side_by_side, each, restart, runner)
            document = cross_validate(settings, execution, watcher)
        content = document.as_dict()
        if output is not None:
            durable.write_text(output, json.dumps(content, indent=1) + "\n")
        watcher.result(content, text_of(document))

    run(work, as_json=as_json)


def crossval_fold(
    settings: Annotated[str, typer.Option(help="What is cross-validated, as JSON.")],
    fingerprint: Annotated[str, typer.Option(help="Of the data set.")],
    folder: Annotated[Path, typer.Option(help="For the result.")],
    number: Annotated[int, typer.Option(help="Of the fold, from 1.")],
    threads: Annotated[int, typer.Option(help="To compute with.")],
) -> None:
    """Learn one fold for `crossval`, which reads what this prints, and with which it ends."""
    end_with_stdin()

    def work(watcher: Watcher) -> None:
        limit_threads(threads)
        with libraries():
            from training.crossval.fold import run_fold
            from training.crossval.folder import RunFolder
            from training.crossval.settings import Settings

        run_fold(Settings.from_json(settings), number, RunFolder(folder), fingerprint, watcher)

    run(work, as_json=True)


def cores() -> int:
    """Those that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def numbers(text: str, total: int) -> frozenset[int]:
    """`1,4-6` as numbers from 1 to `total`. Raises `ConfigError`."""
    found: set[int] = set()
    for part in text.split(","):
        first, dash, last = part.strip().partition("-")
        ends = (first, last if dash else first)
        if not all(end.strip().isascii() and end.strip().isdigit() for end in ends):
            raise ConfigError(f"--only {text!r}: {part.strip()!r} is no fold; give numbers and ranges, as 1,4-6.")
        low, high = map(int, ends)
        if not 1 <= low <= high <= total:
            raise ConfigError(f"--only {text!r}: the folds are 1 to {total}, and {part.strip()!r} is not among them.")
        found |= set(range(low, high + 1))
    return frozenset(found)
