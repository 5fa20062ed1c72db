"""The command line: `python -m app` serves, `bulk` classifies a file; `models …` is in `app.cli_models`, `worker` and
`jobs …` are in `app.cli_jobs`.

Errors are one line on standard error. TensorFlow is not imported before a bundle was found whole.
"""

from functools import partial
from pathlib import Path
from typing import Annotated

import typer

from app import cli_jobs, cli_models, heap, logs, shell
from app.admin_key import make_admin_key, weak_keys
from app.bulk.job import Job
from app.default_model import install_default_model
from app.listening import listen
from app.loading import find_bundle, load_bundle
from app.model_host import Serving
from app.settings import Settings
from app.shell import FAILED, INTERRUPTED, fail
from app.workers import run as supervise
from model.assets import assets_folder
from model.bundle import Bundle
from model.errors import TercetError

cli = typer.Typer(
    add_completion=False,
    pretty_exceptions_enable=False,
    help="Serve text classification over HTTP. Settings are TERCET_… variables; .env.example lists them.",
)
cli.add_typer(cli_models.models, name="models")
cli.add_typer(cli_jobs.jobs, name="jobs")
cli.command()(cli_jobs.worker)

Workers = Annotated[
    int | None, typer.Option(min=1, help="Processes that answer, each with its own model (TERCET_WORKERS; 1).")
]


@cli.callback(invoke_without_command=True)
def serve(context: typer.Context, workers: Workers = None) -> None:
    """Serve (without a sub-command)."""
    if context.invoked_subcommand is not None:
        return
    settings = shell.settings()
    if workers is not None:
        settings = settings.model_copy(update={"workers": workers})
    logs.configure(settings.log_level)
    try:
        listener = listen(settings.host, settings.port)
        install_default_model(settings.models_folder, assets_folder() / "bundles")
        _look_after_keys(settings)
        if settings.workers > 1:
            raise typer.Exit(0 if supervise(settings, listener) else FAILED)
        from app import server  # noqa: PLC0415 - after the port: the web framework takes a while

        server.run(settings, listener)
    except TercetError as error:
        fail(error)


def _look_after_keys(settings: Settings) -> None:
    for line in (*weak_keys(settings), make_admin_key(settings)):
        if line is not None:
            typer.echo(line, err=True)


@cli.command()
def bulk(
    source: Annotated[Path, typer.Argument(metavar="IN", help="CSV, TSV, JSON Lines or Parquet.")],
    target: Annotated[Path, typer.Argument(metavar="OUT", help="May be of another of these formats.")],
    *,
    text_column: Annotated[str, typer.Option(help="The column with the texts.")] = "text",
    prefix: Annotated[str, typer.Option(help="Put before the names of the new columns.")] = "",
    model: cli_models.Name = None,
    version: Annotated[int | None, typer.Option(min=1, help="Of the model; left out, the one that serves.")] = None,
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Replace OUT where it exists.")] = False,
    restart: Annotated[bool, typer.Option("--restart", help="Forget what an unfinished run did.")] = False,
    quiet: Annotated[bool, typer.Option("--quiet", help="Say nothing but errors.")] = False,
) -> None:
    """Classify every row of the file IN: OUT has the same rows with the prediction in further columns.

    A run that was stopped goes on where it was when the same command is given again.
    """
    settings = shell.settings()
    if model is not None:
        settings = settings.model_copy(update={"model": model})
    job = Job(
        source=source,
        target=target,
        max_text_characters=settings.max_text_characters,
        text_column=text_column,
        prefix=prefix,
        overwrite=overwrite,
        restart=restart,
    )
    _run_bulk(job, settings, version, quiet=quiet)


def _run_bulk(job: Job, settings: Settings, version: int | None, *, quiet: bool) -> None:
    from app.bulk.progress import Silent, Terminal, report  # noqa: PLC0415 - nobody else needs these
    from app.bulk.run import run  # noqa: PLC0415

    try:
        install_default_model(settings.models_folder, assets_folder() / "bundles")
        with Silent() if quiet else Terminal() as watcher:
            summary = run(job, find_bundle(settings, version), partial(_load, settings), watcher)
    except (TercetError, OSError) as error:
        fail(error)
    except KeyboardInterrupt:
        typer.echo("Stopped. The same command goes on from where this run was.", err=True)
        raise typer.Exit(INTERRUPTED) from None
    if not quiet:
        typer.echo(report(job, summary))


def _load(settings: Settings, bundle: Bundle) -> Serving:
    serving = load_bundle(bundle, settings)
    heap.settle()
    return serving
