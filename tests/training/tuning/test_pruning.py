"""What a trial reports while a fold learns, and when it is ended."""

import optuna
import pytest

from tests.training.recording import RecordingProgress
from training.config import LONGEST_TRAINING
from training.tuning.pruning import STARTING_TRIALS, WARM_UP_EPOCHS, FoldProgress, pruner


def learn(trial, losses_of_folds, progress=None):
    """Epochs with these validation losses, as a fit tells of them; a fold ends with its best."""
    before: tuple[float, ...] = ()
    for validation_losses in losses_of_folds:
        watch = FoldProgress(trial, progress or RecordingProgress(), set(), before=before)
        for epoch, loss in enumerate(validation_losses, start=1):
            watch.stage(f"epoch {epoch}", 3, epoch=epoch, of=len(validation_losses))
            watch.advance(1, loss=9.0)
            watch.advance(3, loss=9.0, validation_loss=loss)
        before = (*before, min(validation_losses))
    return before


def test_the_mean_of_the_best_so_far_is_reported_each_epoch():
    study = optuna.create_study(pruner=optuna.pruners.NopPruner())
    learn(study.ask(), [[3.0, 1.0, 2.0], [2.0, 5.0]])
    assert study.trials[0].intermediate_values == {
        1: 3.0,
        2: 1.0,
        3: 1.0,
        LONGEST_TRAINING + 1: 1.5,
        LONGEST_TRAINING + 2: 1.5,
    }


def test_figures_outside_an_epoch_are_no_reports():
    study = optuna.create_study()
    watch = FoldProgress(study.ask(), RecordingProgress(), set(), before=())
    watch.stage("wide part")
    watch.advance(1, validation_loss=0.1)
    assert study.trials[0].intermediate_values == {}


def test_a_trial_worse_than_the_median_is_ended_after_the_warm_up():
    study = optuna.create_study(pruner=pruner())
    for number in range(STARTING_TRIALS):
        trial = study.ask()
        learn(trial, [[1.0 + number / 100] * 4])
        study.tell(trial, 1.0)
    worse, better = study.ask(), study.ask()
    with pytest.raises(optuna.TrialPruned):
        learn(worse, [[2.0] * 4])
    assert [*study.trials[worse.number].intermediate_values] == list(range(1, WARM_UP_EPOCHS + 1))
    learn(better, [[0.5] * 4])


def test_warnings_are_told_once_and_notes_are_not():
    progress = RecordingProgress()
    told: set[str] = set()
    for _ in range(2):
        watch = FoldProgress(optuna.create_study().ask(), progress, told, before=())
        watch.warn("few vectors")
        watch.note("done")
    assert progress.events == [("warn", "few vectors")]
