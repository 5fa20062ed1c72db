"""What the settings say of scheduled retraining, checked: huey's cron expressions."""

from collections.abc import Callable
from datetime import datetime

from huey import crontab

from app.errors import SettingsError
from app.settings import Settings

_FIELDS = "minute, hour, day of the month, month and day of the week (0 is Sunday)"


def check(settings: Settings) -> None:
    """Raises `SettingsError` where the schedule of the settings makes no sense."""
    if settings.retrain_cron is None and settings.retrain_after_feedback is None:
        return
    if settings.retrain_dataset is None:
        raise SettingsError(["TERCET_RETRAIN_DATASET has to name the data set of scheduled retraining."])
    if settings.retrain_cron is not None:
        parse(settings.retrain_cron)


def parse(expression: str) -> Callable[[datetime], bool]:
    """Whether a moment is in a minute of the expression: one that all five fields match.

    Raises `SettingsError` where it is none.
    """
    fields = expression.split()
    problem = f"TERCET_RETRAIN_CRON={expression[:60]}: five fields are needed, {_FIELDS}"
    if len(fields) != 5:
        raise SettingsError([f"{problem}."])
    minute, hour, day, month, day_of_week = fields
    try:
        matches: Callable[[datetime], bool] = crontab(minute, hour, day, month, day_of_week, strict=True)
    except ValueError as error:
        raise SettingsError([f"{problem}; {error}."]) from error
    return matches
