"""Studies in a temporary folder whose trials take no time."""

import math

import optuna

from tests.training.recording import RecordingProgress
from training.tuning.findings import Findings, Search
from training.tuning.pruning import pruner
from training.tuning.search import Budget, search
from training.tuning.space import Dimension, Value
from training.tuning.study import opened

SPACE = (
    Dimension("learning_rate", 0.001, 0.1, log=True),
    Dimension("units", 1, 9),
    Dimension("schedule", choices=("constant", "cosine")),
)
START: dict[str, Value] = {"learning_rate": 0.01, "units": 3, "schedule": "constant"}
IDENTITY = {"data": "abc", "folds": 2}


def losses(trial, values, progress):
    """Two folds; least at a learning rate of 0.02 and 5 units."""
    loss = math.log(values["learning_rate"] / 0.02) ** 2 + (values["units"] - 5) ** 2 / 10
    return [loss + 0.5, loss + 0.7]


def study(folder, *, identity=IDENTITY, name="toy"):
    return opened(folder / "toy.db", name, identity, START, pruner())


def run(folder, trials, *, measure=losses, minutes=None, seed=1, progress=None):
    """The trials of the study after a search in it."""
    with study(folder) as opened_study:
        search(opened_study, SPACE, measure, Budget(trials, minutes), progress or RecordingProgress(), seed=seed)
        return opened_study.get_trials()


def findings(folder, trials=6, *, measure=losses, start=START):
    run(folder, trials, measure=measure)
    about = Search("toy", "small", "toy.csv", 90, 10, 2, 1, SPACE, start, START)
    with study(folder) as opened_study:
        return Findings.of(opened_study, about)


def prune_from(number):
    """A measure that prunes the trials from that number on."""

    def measure(trial, values, progress):
        if trial.number >= number:
            trial.report(2.5, 1)
            raise optuna.TrialPruned
        return losses(trial, values, progress)

    return measure
