"""The command `bulk`: files classified on this machine, or on a Ray cluster."""

import contextlib
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Annotated

import typer

from app import cli_models, heap, shell
from app.bulk.job import ClusterJob, Job, Summary, Watcher
from app.default_model import install_default_model
from app.loading import find_bundle, load_bundle
from app.model_host import Serving
from app.settings import Settings
from app.shell import INTERRUPTED, fail
from model.assets import assets_folder
from model.bundle import Bundle
from model.errors import TercetError


def bulk(
    source: Annotated[str, typer.Argument(metavar="IN", help="CSV, TSV, JSON Lines or Parquet.")],
    target: Annotated[str, typer.Argument(metavar="OUT", help="May be of another of these formats.")],
    *,
    text_column: Annotated[str, typer.Option(help="The column with the texts.")] = "text",
    prefix: Annotated[str, typer.Option(help="Put before the names of the new columns.")] = "",
    model: cli_models.Name = None,
    version: Annotated[int | None, typer.Option(min=1, help="Of the model; left out, the one that serves.")] = None,
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Replace OUT where it exists.")] = False,
    restart: Annotated[bool, typer.Option("--restart", help="Forget what an unfinished run did.")] = False,
    ray: Annotated[
        str | None,
        typer.Option(metavar="ADDRESS", help="Of a Ray cluster; IN and OUT may then be folders, patterns or URLs."),
    ] = None,
    out_format: Annotated[
        str | None,
        typer.Option(
            "--format", help="Of the parts that a cluster writes: csv, tsv, jsonl or parquet; left out, IN's."
        ),
    ] = None,
    quiet: Annotated[bool, typer.Option("--quiet", help="Say nothing but errors.")] = False,
) -> None:
    """Classify every row of the file IN: OUT has the same rows with the prediction in further columns.

    A run that was stopped goes on where it was when the same command is given again.
    """
    settings = shell.settings()
    if model is not None:
        settings = settings.model_copy(update={"model": model})
    columns = (settings.max_text_characters, text_column, prefix)
    job: Job | ClusterJob
    if ray is not None:
        job = ClusterJob(
            *(source, target, *columns), overwrite=overwrite, restart=restart, address=ray, format=out_format
        )
    elif out_format is not None:
        raise typer.BadParameter(
            "is for a cluster (--ray); here the name of OUT tells the format", param_hint="--format"
        )
    else:
        job = Job(Path(source), Path(target), *columns, overwrite=overwrite, restart=restart)
    from app.bulk.progress import Silent, Terminal, report  # noqa: PLC0415 - nobody else needs these

    with _told(), Silent() if quiet else Terminal() as watcher:
        install_default_model(settings.models_folder, assets_folder() / "bundles")
        summary = _run(job, find_bundle(settings, version), settings, watcher)
    if not quiet:
        typer.echo(report(job, summary))


def _run(job: Job | ClusterJob, bundle: Bundle, settings: Settings, watcher: Watcher) -> Summary:
    if isinstance(job, ClusterJob):
        from app.bulk.cluster.run import run as run_on_cluster  # noqa: PLC0415

        return run_on_cluster(job, bundle, settings, watcher)
    from app.bulk.run import run  # noqa: PLC0415

    return run(job, bundle, partial(_load, settings), watcher)


@contextlib.contextmanager
def _told() -> Iterator[None]:
    """What goes wrong becomes a line on standard error and an exit code."""
    try:
        yield
    except (TercetError, OSError) as error:
        fail(error)
    except KeyboardInterrupt:
        typer.echo("Stopped. The same command goes on from where this run was.", err=True)
        raise typer.Exit(INTERRUPTED) from None


def _load(settings: Settings, bundle: Bundle) -> Serving:
    serving = load_bundle(bundle, settings)
    heap.settle()
    return serving
