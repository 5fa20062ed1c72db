"""The command line: `python -m app` serves; `bulk` is in `app.cli_bulk`, `models …` in `app.cli_models`, `worker` and
`jobs …` in `app.cli_jobs`.

Errors are one line on standard error. TensorFlow is not imported before a bundle was found whole.
"""

from typing import Annotated

import typer

from app import cli_bulk, cli_jobs, cli_models, shell, unknown_settings
from app.admin_key import make_admin_key, weak_keys
from app.default_model import install_default_model
from app.listening import listen
from app.logs import setup as logs
from app.patience import notice_lost_peers
from app.settings import Settings
from app.shell import FAILED, fail
from app.tracing import switch
from app.workers import run as supervise
from model.assets import assets_folder
from model.errors import TercetError

cli = typer.Typer(
    add_completion=False,
    pretty_exceptions_enable=False,
    help="Serve text classification over HTTP. Settings are TERCET_… variables; .env.example lists them.",
)
cli.add_typer(cli_models.models, name="models")
cli.add_typer(cli_jobs.jobs, name="jobs")
cli.command()(cli_bulk.bulk)
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
    logs.configure(settings)
    try:
        switch.check(settings)
        listener = listen(settings.host, settings.port)
        notice_lost_peers(listener, settings.stream_idle_s)
        install_default_model(settings.models_folder, assets_folder() / "bundles")
        _look_after_keys(settings)
        if settings.workers > 1:
            raise typer.Exit(0 if supervise(settings, listener) else FAILED)
        from app import server  # noqa: PLC0415 - after the port: the web framework takes a while

        server.run(settings, listener)
    except TercetError as error:
        fail(error)


def _look_after_keys(settings: Settings) -> None:
    for line in (*unknown_settings.warnings(), *weak_keys(settings), make_admin_key(settings, show=not logs.in_json())):
        if line is not None:
            shell.say(line)
