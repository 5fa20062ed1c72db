"""`python -m app worker` runs training jobs; `python -m app jobs …` looks at them and cancels them from a shell.

On the database itself: neither needs the service to run. What needs SQLAlchemy is imported where it is needed.
"""

import json
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from app.logs import setup as logs
from app.settings import Settings
from app.shell import FAILED, INTERRUPTED, fail, settings
from model.errors import TercetError

if TYPE_CHECKING:
    from app.jobs.store import JobStore

jobs = typer.Typer(help="Training jobs, as they are in the database.", no_args_is_help=True)

JobId = Annotated[str, typer.Argument(metavar="ID")]
Json = Annotated[bool, typer.Option("--json", help="A JSON object a line, for machines.")]

_POLL_S = 0.5


def worker(
    *,
    embedded: Annotated[
        bool, typer.Option("--embedded", hidden=True, help="As a part of the service, which says the settings.")
    ] = False,
    heartbeat: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Touch FILE every ten seconds; where it gets old, the worker is dead."),
    ] = None,
) -> None:
    """Run training jobs, one at a time, until SIGTERM: the one that runs then goes back into the queue."""
    chosen = _settings_of_parent() if embedded else settings()
    logs.configure(chosen)
    try:
        from app import pipeline_command  # noqa: PLC0415
        from app.jobs.worker import Worker, run  # noqa: PLC0415

        pipeline_command.check_available()
        if not embedded:
            _install_default_model(chosen)
        run(Worker(chosen, heartbeat=heartbeat), embedded=embedded)
    except TercetError as error:
        fail(error)


@jobs.command("list")
def list_jobs(
    *,
    state: Annotated[str | None, typer.Option(help="queued, running, succeeded, failed or cancelled.")] = None,
    limit: Annotated[int, typer.Option(min=1, help="At most so many.")] = 20,
    as_json: Json = False,
) -> None:
    """The newest jobs."""
    with _store() as store:
        from app.jobs.in_words import content_of, line_of  # noqa: PLC0415

        for job in store.list(state=state, limit=limit):
            typer.echo(json.dumps(content_of(job)) if as_json else line_of(job))


@jobs.command()
def show(job_id: JobId, *, as_json: Json = False) -> None:
    """Everything that is recorded of a job."""
    with _store() as store:
        from app.jobs.in_words import content_of  # noqa: PLC0415

        content = content_of(store.get(job_id))
    if as_json:
        typer.echo(json.dumps(content))
        return
    for name, value in content.items():
        if value not in (None, {}, ""):
            typer.echo(f"{name:<16}  {value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)}")


@jobs.command()
def follow(job_id: JobId, *, as_json: Json = False) -> None:
    """What happens to a job, from its beginning until it has ended; exit code 1 where it does not succeed."""
    with _store() as store:
        from app.jobs.in_words import event_content_of, event_line_of  # noqa: PLC0415
        from app.jobs.schemas import FINAL  # noqa: PLC0415

        after, job = 0, store.get(job_id)
        while True:
            ended = job.state in FINAL  # asked before its events, so that none of them is missed
            events = store.events(job_id, after)
            for event in events:
                after = event.id
                typer.echo(json.dumps(event_content_of(event)) if as_json else event_line_of(event))
            if ended and not events:
                break
            if not events:
                time.sleep(_POLL_S)
            job = store.get(job_id)
    if job.state != "succeeded":
        raise typer.Exit(FAILED)


@jobs.command()
def cancel(job_id: JobId) -> None:
    """Cancel a job: a queued one at once, a running one within ten seconds."""
    with _store() as store:
        job = store.cancel(job_id)
        typer.echo(f"{job.id} is cancelled." if job.state == "cancelled" else f"{job.id} was asked to end.")


def _settings_of_parent() -> Settings:
    line = sys.stdin.buffer.readline()
    if not line:
        raise typer.Exit
    return Settings.model_validate_json(line)


def _install_default_model(chosen: Settings) -> None:
    from app.default_model import install_default_model  # noqa: PLC0415
    from model.assets import assets_folder  # noqa: PLC0415

    install_default_model(chosen.models_folder, assets_folder() / "bundles")


@contextmanager
def _store() -> Iterator["JobStore"]:
    """The records; what goes wrong with them ends the program with a line."""
    from app.jobs.store import JobStore  # noqa: PLC0415
    from app.storage.database import Database  # noqa: PLC0415

    chosen = settings()
    try:
        database = Database(chosen.data, chosen.database_url)
        try:
            yield JobStore(database)
        finally:
            database.close()
    except TercetError as error:
        fail(error)
    except KeyboardInterrupt:
        raise typer.Exit(INTERRUPTED) from None
