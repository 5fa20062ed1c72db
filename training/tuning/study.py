"""The study on disk: opened or begun, checked to be of the same data and search, and freed of what a kill left.

Trials that a kill, Ctrl-C or an error cut short are marked as failed and queued again, with the same values.
"""

import contextlib
import json
import sqlite3
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import optuna
from optuna.exceptions import OptunaError
from optuna.pruners import BasePruner
from optuna.study import Study
from optuna.trial import FrozenTrial, TrialState
from sqlalchemy import URL
from sqlalchemy.exc import SQLAlchemyError

from model.errors import ConfigError
from model.locking import exclusive
from training.errors import TrainingError

IDENTITY = "identity"
RETRY_OF = "retry_of"
_ATTEMPT = "attempt"
_MOST_ATTEMPTS = 3
"""A trial that ends the process each time, for want of memory say, is not tried for ever."""


@contextlib.contextmanager
def opened(
    path: Path, name: str, identity: Mapping[str, Any], start: Mapping[str, Any] | None, pruner: BasePruner
) -> Iterator[Study]:
    """The study `name` of the SQLite file `path`, alone with it; a new one has the values `start` queued first.

    Raises `ConfigError` where the file is no storage of Optuna's, or the study is of other data or another search;
    `TrainingError` where another process is at it, or the file cannot be written.
    """
    folder = work_folder(path, name)
    folder.mkdir(parents=True, exist_ok=True)
    _check(path)
    optuna.logging.disable_default_handler()  # it would write on standard error beside the watcher
    with contextlib.ExitStack() as stack:
        try:
            stack.enter_context(exclusive(folder, wait=False))
        except BlockingIOError as error:
            raise TrainingError(
                f"Another process is at the study {name!r} of {path}. Wait for it, or stop it."
            ) from error
        try:
            for left in folder.glob("*.checkpoint*"):
                left.unlink()  # by a kill
            storage = optuna.storages.RDBStorage(URL.create("sqlite", database=str(path)).render_as_string())
            stack.callback(storage.engine.dispose)
            study = optuna.create_study(storage=storage, study_name=name, pruner=pruner, load_if_exists=True)
            _identify(study, path, identity)
            _recover(study, start)
            yield study
        except (SQLAlchemyError, OptunaError) as error:
            reason = str(error.__cause__ or error).splitlines()[0]
            raise TrainingError(f"The study in {path} cannot be read or written: {reason}.") from error


def work_folder(path: Path, name: str) -> Path:
    """For the checkpoint of the trial at work, and the lock."""
    return path.with_name(f".{path.name}.{name}")


def finished(study: Study) -> list[FrozenTrial]:
    """The trials that have come to an end, pruned ones among them."""
    return study.get_trials(deepcopy=False, states=(TrialState.COMPLETE, TrialState.PRUNED))


def _check(path: Path) -> None:
    """Optuna would make its tables in any SQLite file."""
    if not path.exists() or path.stat().st_size == 0:
        return
    try:
        with contextlib.closing(sqlite3.connect(path)) as connection:
            tables = {row[0] for row in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
    except sqlite3.Error as error:
        raise ConfigError(f"{path} is no SQLite file ({error}). Name another with --storage.") from error
    if tables and "studies" not in tables:
        raise ConfigError(f"{path} holds something else than studies of Optuna's. Name another with --storage.")


def _identify(study: Study, path: Path, identity: Mapping[str, Any]) -> None:
    identity = json.loads(json.dumps(identity))  # as it comes back from the storage
    known = study.user_attrs.get(IDENTITY)
    if known is None and not study.get_trials(deepcopy=False):
        study.set_user_attr(IDENTITY, identity)
        return
    if known != identity:
        known = known or {}
        other = ", ".join(key for key in identity if known.get(key) != identity[key])
        raise ConfigError(
            f"The study {study.study_name!r} in {path} is of another search: other {other}. "
            "Begin another with --study, or ask for the same."
        )


def _recover(study: Study, start: Mapping[str, Any] | None) -> None:
    """Queue what is to come first: the values to start from, and whatever was cut short."""
    trials = study.get_trials(deepcopy=False)
    if not trials and start is not None:
        study.enqueue_trial(dict(start))
    for trial in trials:
        if trial.state == TrialState.RUNNING:
            study.tell(trial.number, state=TrialState.FAIL)
    retried = {trial.user_attrs.get(RETRY_OF) for trial in trials}
    for trial in study.get_trials(deepcopy=False, states=(TrialState.FAIL,)):
        attempt = trial.user_attrs.get(_ATTEMPT, 1) + 1
        values = trial.params or trial.system_attrs.get("fixed_params")
        if values and trial.number not in retried and attempt <= _MOST_ATTEMPTS:
            study.enqueue_trial(values, user_attrs={RETRY_OF: trial.number, _ATTEMPT: attempt})
