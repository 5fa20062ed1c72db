"""How far a training is."""

import pytest

from app.jobs.progress import Progress
from model.run_events import Advance, Stage


@pytest.fixture
def moments():
    return [100.0]


@pytest.fixture
def progress(moments):
    return Progress(lambda: moments[0])


def advance(epoch, done, **figures):
    return Advance(event="progress", stage=f"epoch {epoch} of 4", epoch=epoch, of=4, total=10, done=done, **figures)


def test_at_first_only_the_time_is_known(progress, moments):
    moments[0] += 1.25
    assert progress.now() == {"stage": "start", "elapsed_s": 1.2}


def test_outside_of_epochs_there_are_no_batches(progress):
    progress.take(Stage(event="stage", stage="read", total=100))
    progress.take(Advance(event="progress", stage="read", done=7, total=100))
    assert progress.now() == {"stage": "read", "elapsed_s": 0.0}


def test_within_an_epoch_all_is_told(progress, moments):
    progress.take(Stage(event="stage", stage="epoch 1 of 4", epoch=1, of=4, total=10))
    moments[0] += 5
    progress.take(advance(1, 5, loss=0.5, accuracy=0.75))
    assert progress.now() == {
        "stage": "epoch 1 of 4",
        "epoch": 1,
        "of": 4,
        "batch": 5,
        "batches": 10,
        "loss": 0.5,
        "accuracy": 0.75,
        "elapsed_s": 5.0,
        "seconds_left": 35.0,
    }


def test_a_run_that_goes_on_does_not_count_what_another_did(progress, moments):
    progress.take(advance(3, 0))
    moments[0] += 10
    progress.take(advance(4, 0))
    assert progress.now()["seconds_left"] == 10.0


def test_the_end_of_an_epoch_gives_its_figures(progress):
    assert progress.take(Stage(event="stage", stage="epoch 2 of 4", epoch=2, of=4, total=10)) is None
    assert progress.take(advance(2, 10, loss=0.5, accuracy=0.75)) is None
    ended = progress.take(advance(2, 10, loss=0.5, validation_loss=0.625, validation_accuracy=0.5))
    figures = {"loss": 0.5, "accuracy": 0.75, "validation_loss": 0.625, "validation_accuracy": 0.5}
    assert ended == {"epoch": 2, "of": 4, **figures}


def test_figures_stay_until_there_are_new_ones(progress):
    progress.take(advance(1, 10, loss=0.5, validation_loss=0.6))
    progress.take(Stage(event="stage", stage="epoch 2 of 4", epoch=2, of=4, total=10))
    assert progress.now().items() >= {"epoch": 2, "batch": 0, "loss": 0.5, "validation_loss": 0.6}.items()


def test_after_the_epochs_there_is_no_estimate(progress, moments):
    progress.take(advance(1, 0))
    moments[0] += 1
    progress.take(advance(4, 10, loss=0.1))
    progress.take(Stage(event="stage", stage="export"))
    assert progress.now() == {"stage": "export", "loss": 0.1, "elapsed_s": 1.0}
