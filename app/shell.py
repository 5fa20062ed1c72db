"""What the commands share: their exit codes, their settings, and one line on standard error for what went wrong."""

import logging
import os
from typing import NoReturn

import typer

from app.errors import SettingsError
from app.logs import setup as logs
from app.settings import Settings, load_settings
from model.signature import VARIABLE

WRONG_SETTINGS = 2
FAILED = 1
INTERRUPTED = 130

logger = logging.getLogger(__name__)


def settings() -> Settings:
    """The settings, all of them sound; ends the program where they are not."""
    try:
        loaded = load_settings()
        if loaded.retrain_cron or loaded.retrain_after_feedback:
            from app.jobs import cron  # noqa: PLC0415 - huey, which most commands do not need

            cron.check(loaded)
    except SettingsError as error:
        fail(error)
    if loaded.bundle_key:  # which may stand in .env: `model` and the processes of trainings know the environment alone
        os.environ[VARIABLE] = ",".join(loaded.bundle_key)
    return loaded


def say(line: str) -> None:
    """A line for the operator, in the form of the log where that is for machines."""
    if logs.in_json():
        logger.warning("%s", line)
    else:
        typer.echo(line, err=True)


def fail(error: Exception) -> NoReturn:
    """Say what went wrong and end the program."""
    if not logs.in_json():
        typer.echo(str(error), err=True)
    else:
        logger.critical("%s", error)
    raise typer.Exit(WRONG_SETTINGS if isinstance(error, SettingsError) else FAILED)
