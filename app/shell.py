"""What the commands share: their exit codes, their settings, and one line on standard error for what went wrong."""

from typing import NoReturn

import typer

from app.errors import SettingsError
from app.settings import Settings, load_settings

WRONG_SETTINGS = 2
FAILED = 1
INTERRUPTED = 130


def settings() -> Settings:
    """The settings, all of them sound; ends the program where they are not."""
    try:
        loaded = load_settings()
        if loaded.retrain_cron or loaded.retrain_after_feedback:
            from app.jobs import cron  # noqa: PLC0415 - huey, which most commands do not need

            cron.check(loaded)
    except SettingsError as error:
        fail(error)
    return loaded


def fail(error: Exception) -> NoReturn:
    """Say what went wrong and end the program."""
    typer.echo(str(error), err=True)
    raise typer.Exit(WRONG_SETTINGS if isinstance(error, SettingsError) else FAILED)
