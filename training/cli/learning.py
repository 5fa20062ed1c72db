"""The commands that make bundles: `train` and `import`."""

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
    MODELS,
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
    LabelNames,
    LearningRate,
    Models,
    Patience,
    PresetName,
    PromoteChoice,
    RayAddress,
    SideChoice,
    TextColumn,
    Vectors,
    Workers,
)
from training.cli.running import run
from training.cli.threads import limit_threads
from training.console import Watcher
from training.presets import DEFAULT

WORKERS = 2
"""Of a cluster, unless said."""


def train(
    data: Data,
    name: Annotated[str | None, typer.Option(help="The model's name.", show_default="the data file's")] = None,
    text_column: TextColumn = None,
    label_column: LabelColumn = None,
    label_names: LabelNames = None,
    vectors: Vectors = "box",
    feedback: Annotated[
        Path | None, typer.Option(help="JSON Lines of text and label to learn from beside the data; never held out.")
    ] = None,
    preset: PresetName = DEFAULT,
    epochs: Epochs = None,
    batch_size: BatchSize = None,
    learning_rate: LearningRate = None,
    patience: Patience = None,
    embedding_dim: EmbeddingDim = None,
    changed: Changed = None,
    seed: Annotated[int, typer.Option(help="Of the weights, the order and the dropout.")] = 0,
    models: Models = MODELS,
    cache: Cache = CACHE,
    device: DeviceName = DeviceChoice.AUTO,
    resume: Annotated[bool, typer.Option("--resume", help="Go on where this run was interrupted.")] = False,
    run_id: Annotated[
        str | None, typer.Option("--run", help="This run's own name: run again, it ends in the same one version.")
    ] = None,
    promote: Annotated[
        PromoteChoice, typer.Option(help="Make the new version the one that serves; the first one always is.")
    ] = PromoteChoice.NEVER,
    allow_label_change: Annotated[
        bool,
        typer.Option("--allow-label-change", help="Let if_better promote a version with other labels, unmeasured."),
    ] = False,
    require_better: Annotated[
        bool,
        typer.Option(
            "--require-better-than-baseline",
            help="Exit with code 4, and do not promote, where the log loss is not below the baseline's.",
        ),
    ] = False,
    learning_curve: Annotated[
        bool,
        typer.Option("--learning-curve", help="Train on parts of the rows too, which about doubles the time."),
    ] = False,
    crossval: Annotated[
        Path | None,
        typer.Option(help="What crossval --output wrote, for the bundle's card.", show_default=False),
    ] = None,
    threads: Annotated[
        int, typer.Option(min=0, help="To compute with; 0 is one a core. With --ray each worker's, and 0 is 1.")
    ] = 0,
    ray: RayAddress = None,
    workers: Workers = None,
    as_json: Json = False,
    end_with: EndWithStdin = False,
) -> None:
    """Train a network on a labelled file and register it as the next version of a model."""
    if end_with:
        end_with_stdin()

    def work(watcher: Watcher) -> None:
        if workers is not None and ray is None:
            raise ConfigError("--workers are those of a cluster; name it with --ray ADDRESS.")
        with contextlib.nullcontext() if ray is None else connected(ray) as cluster:
            learn(watcher, cluster)

    def learn(watcher: Watcher, cluster: Any) -> None:
        limit_threads(threads)
        with libraries():
            from model.registry import Registry
            from training import fitting, pipeline, presets
            from training import label_names as names
            from training.crossval.changes import read_changes
            from training.preparation import DataSource

        chosen = presets.preset(preset)
        chosen = chosen.adapted(**read_changes(changed or (), chosen)).adapted(
            epochs=epochs,
            batch_size=batch_size,
            learning_rate=learning_rate,
            patience=patience,
            embedding_dim=embedding_dim,
            seed=seed,
        )
        source = DataSource(data, text_column, label_column, vectors, cache, feedback)
        target = pipeline.Target(
            Registry(models),
            name or _name_after(data),
            promote=promote.value,
            allow_label_change=allow_label_change,
            run=run_id,
            label_names=None if label_names is None else names.parse(label_names),
            only_above_baseline=require_better,
        )
        evidence = pipeline.Evidence(learning_curve, crossval)
        where: fitting.Fitting = fitting.fit_here
        if cluster is not None:
            from training.cluster.fit import OnCluster

            where = OnCluster(cluster, workers or WORKERS, threads or 1, device.value)
        outcome = pipeline.train(
            source, chosen, target, watcher, device=device.value, resume=resume, evidence=evidence, fitting=where
        )
        watcher.result(outcome.as_dict(), outcome.summary(), outcome.alarm)
        if require_better:
            outcome.check_beats_baseline()

    run(work, as_json=as_json)


def _name_after(data: Path) -> str:
    """A name for the model that the registry takes, whatever the file is called: `my data (1).csv.gz` is my-data-1."""
    return re.sub(r"[^A-Za-z0-9._-]+", "-", data.name.split(".")[0]).strip("-_")[:64] or "model"


def import_(
    keras_model: Annotated[Path, typer.Option(help="A .keras or .h5 file.")],
    keras_tokenizer: Annotated[Path, typer.Option(help="What Tokenizer.to_json() wrote.")],
    labels: Annotated[str, typer.Option(help="The classes in the order of the outputs: A,B,C.")],
    name: Annotated[str, typer.Option(help="The model's name in the registry.")],
    label_names: LabelNames = None,
    sequence_length: Annotated[
        int | None, typer.Option(min=1, help="Ids a text is padded to.", show_default="the model's")
    ] = None,
    padding: Annotated[SideChoice, typer.Option(help="Where the training put the zeros.")] = SideChoice.PRE,
    truncating: Annotated[SideChoice, typer.Option(help="Where the training cut long texts.")] = SideChoice.PRE,
    models: Models = MODELS,
    promote: Annotated[bool, typer.Option("--promote", help="Make it the version that serves.")] = False,
    as_json: Json = False,
) -> None:
    """Register a Keras model and its Keras tokenizer, as the usual tutorials leave them, as a bundle."""

    def work(watcher: Watcher) -> None:
        with libraries():
            from model.registry import Registry
            from training import label_names as names
            from training.keras_import import KerasFiles, import_keras

        files = KerasFiles(
            keras_model,
            keras_tokenizer,
            tuple(label.strip() for label in labels.split(",")),
            sequence_length,
            padding.value,
            truncating.value,
            None if label_names is None else names.parse(label_names),
        )
        registry = Registry(models)
        version = import_keras(files, registry, name)
        if promote:
            registry.promote(name, version)
        content = {"name": name, "version": version, "folder": str(registry.path(name, version))}
        watcher.result(content, f"{name} version {version} is in {registry.path(name, version)}")

    run(work, as_json=as_json)
