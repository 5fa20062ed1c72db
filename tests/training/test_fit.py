"""The fit: the same for a seed, the same whether it was killed or not, stopped early at its best, never diverged."""

import keras
import numpy as np
import pytest

from model.network import build
from model.network_config import NetworkConfig
from tests.training.recording import RecordingProgress
from tests.training.small import figures
from training.checkpoint import CheckpointFile
from training.config import TrainingConfig
from training.errors import TrainingError
from training.fit import Examples, Fit, _learning_rate, seed_everything

NETWORK = NetworkConfig(
    classes=3, vocabulary_size=12, embedding_dim=4, sequence_length=8, filters=3, width=2, pool=2, units=5
)
VECTORS = np.random.default_rng(0).normal(size=(12, 4)).astype(np.float32)
RANDOM = np.random.default_rng(1)
TRAIN = Examples(
    RANDOM.integers(0, 12, (50, 8)).astype(np.int32), RANDOM.integers(0, 3, 50).astype(np.int32)
)  # 50 rows: six batches of 8 and one of 2
VALIDATION = Examples(TRAIN.ids[:20], TRAIN.targets[:20])


class KilledError(Exception):
    """Stands for the end of the process."""


class Killer(RecordingProgress):
    """Ends the run when a stage begins."""

    def __init__(self, stage):
        super().__init__()
        self.last = stage

    def stage(self, name, total=None, **_epoch):
        if name.startswith(self.last):
            raise KilledError
        super().stage(name, total)


def prepare(*, vectors=VECTORS, network=NETWORK, **training):
    config = TrainingConfig(**({"epochs": 4, "seed": 5} | training))
    seed_everything(config.seed)
    keras_network = build(network, vectors)
    return keras_network, Fit(keras_network, config, len(TRAIN))


def run(folder, *, progress=None, resume=False, **options):
    network, fit = prepare(**options)
    checkpoints = CheckpointFile(folder / "fit.checkpoint")
    history = fit.run(TRAIN, VALIDATION, checkpoints, progress or RecordingProgress(), resume=resume)
    return history, network.get_weights(), fit


def equal(one, other):
    return all(np.array_equal(a, b) for a, b in zip(one, other, strict=True))


@pytest.fixture(scope="module")
def unkilled(tmp_path_factory):
    return run(tmp_path_factory.mktemp("unkilled"))


def test_the_same_seed_gives_the_same_weights_and_history_bit_for_bit(unkilled, tmp_path):
    history, weights, _ = run(tmp_path)
    assert figures(history) == figures(unkilled[0])
    assert equal(weights, unkilled[1])


def test_another_seed_gives_another_result(unkilled, tmp_path):
    history, weights, _ = run(tmp_path, seed=6)
    assert figures(history) != figures(unkilled[0])
    assert not equal(weights[1:], unkilled[1][1:])


@pytest.mark.parametrize("stage", ["epoch 2", "epoch 3", "epoch 4"])
def test_a_killed_fit_goes_on_to_the_same_result(unkilled, tmp_path, stage):
    with pytest.raises(KilledError):
        run(tmp_path, progress=Killer(stage))
    progress = RecordingProgress()
    history, weights, _ = run(tmp_path, resume=True, progress=progress)
    assert progress.of("stage")[0] == (f"{stage} of 4", 7)  # no epoch is repeated
    assert progress.of("note") == [
        (f"going on after epoch {int(stage[-1]) - 1}",),
        (f"kept the weights of epoch {history.best_epoch}, the best on the validation rows",),
    ]
    assert figures(history) == figures(unkilled[0])
    assert equal(weights, unkilled[1])


def test_killed_twice_it_still_comes_to_the_same_result(unkilled, tmp_path):
    for stage in ("epoch 2", "epoch 3"):
        with pytest.raises(KilledError):
            run(tmp_path, progress=Killer(stage), resume=True)
    assert equal(run(tmp_path, resume=True)[1], unkilled[1])


def test_resume_without_a_checkpoint_starts_from_the_beginning(unkilled, tmp_path):
    progress = RecordingProgress()
    _history, weights, _ = run(tmp_path, resume=True, progress=progress)
    assert "starting from the beginning" in progress.of("note")[0][0]
    assert equal(weights, unkilled[1])


def test_without_resume_a_checkpoint_is_not_looked_at(unkilled, tmp_path):
    with pytest.raises(KilledError):
        run(tmp_path, progress=Killer("epoch 3"), seed=9)
    assert equal(run(tmp_path)[1], unkilled[1])


def test_a_learnt_embedding_resumes_too(tmp_path):
    options = {"vectors": None, "network": NetworkConfig(**{**vars_of(NETWORK), "embedding_frozen": False})}
    _history, weights, _ = run(tmp_path / "whole", **options)
    with pytest.raises(KilledError):
        run(tmp_path / "killed", progress=Killer("epoch 3"), **options)
    assert equal(run(tmp_path / "killed", resume=True, **options)[1], weights)


def vars_of(config):
    return {name: getattr(config, name) for name in config.__dataclass_fields__}


def test_a_run_that_is_over_gives_its_best_weights_again(unkilled, tmp_path):
    run(tmp_path)
    progress = RecordingProgress()
    history, weights, _ = run(tmp_path, resume=True, progress=progress)
    assert progress.of("stage") == []
    assert figures(history) == figures(unkilled[0])
    assert equal(weights, unkilled[1])


def test_a_longer_training_goes_on_from_a_shorter_one(tmp_path):
    run(tmp_path / "short", epochs=2)
    _history, weights, _ = run(tmp_path / "short", epochs=4, resume=True)
    assert equal(weights, run(tmp_path / "long", epochs=4)[1])


def test_a_checkpoint_of_another_network_is_refused(tmp_path):
    run(tmp_path, epochs=1)
    other = NetworkConfig(**{**vars_of(NETWORK), "units": 6})
    with pytest.raises(TrainingError, match=r"is of another network\. Delete it, or train without --resume"):
        run(tmp_path, network=other, resume=True)


def test_the_frozen_embedding_stays_and_is_not_in_the_checkpoint(tmp_path):
    _, weights, _ = run(tmp_path, epochs=2)
    assert np.array_equal(weights[0], VECTORS)
    checkpoint = CheckpointFile(tmp_path / "fit.checkpoint").load()
    assert checkpoint is not None
    assert VECTORS.shape not in [array.shape for array in checkpoint.state + checkpoint.best]


class Scripted(Fit):
    """A fit whose validation losses are given, and which keeps the weights of each epoch."""

    losses: tuple[float, ...] = ()

    def _measure(self, _examples):
        self.seen = [*getattr(self, "seen", []), [w.numpy() for w in self._learnt]]
        return self.losses[len(self.seen) - 1], 0.5


def scripted(folder, losses, **training):
    config = TrainingConfig(**({"epochs": 9, "patience": 2, "seed": 5} | training))
    seed_everything(config.seed)
    network = build(NETWORK, VECTORS)
    fit = Scripted(network, config, len(TRAIN))
    fit.losses = losses
    checkpoints = CheckpointFile(folder / "fit.checkpoint")
    history = fit.run(TRAIN, VALIDATION, checkpoints, RecordingProgress(), resume=False)
    return history, network.get_weights()[1:], fit.seen


def test_it_stops_after_so_many_epochs_without_improvement_and_keeps_the_best(tmp_path):
    history, weights, seen = scripted(tmp_path, (1.0, 0.8, 0.9, 0.85))
    assert (len(history.records), history.best_epoch) == (4, 2)
    assert equal(weights, seen[1])
    assert not equal(weights, seen[3])


def test_an_improvement_starts_the_patience_anew(tmp_path):
    history, weights, seen = scripted(tmp_path, (1.0, 1.1, 0.9, 1.0, 0.8, 0.9, 0.9))
    assert (len(history.records), history.best_epoch) == (7, 5)
    assert equal(weights, seen[4])


def test_an_equal_loss_is_no_improvement(tmp_path):
    history, weights, seen = scripted(tmp_path, (0.7, 0.7, 0.7))
    assert (len(history.records), history.best_epoch) == (3, 1)
    assert equal(weights, seen[0])


def test_the_epochs_end_it_where_it_still_improves(tmp_path):
    history, weights, seen = scripted(tmp_path, (0.9, 0.8, 0.7), epochs=3)
    assert (len(history.records), history.best_epoch) == (3, 3)
    assert equal(weights, seen[2])


def test_a_loss_that_is_not_finite_ends_it_with_the_remedy(tmp_path):
    huge = np.full((12, 4), 3e38, np.float32)
    progress = RecordingProgress()
    with pytest.raises(TrainingError, match=r"loss of epoch 1 is not finite.*Lower the learning rate \(it is 0\.02\)"):
        run(tmp_path, vectors=huge, learning_rate=0.02, progress=progress)
    assert progress.of("advance") == []
    assert list(tmp_path.iterdir()) == []


def test_a_validation_loss_that_is_not_finite_ends_it_before_a_checkpoint(tmp_path):
    with pytest.raises(TrainingError, match="loss of epoch 2 is not finite"):
        scripted(tmp_path, (0.9, float("nan")))
    checkpoint = CheckpointFile(tmp_path / "fit.checkpoint").load()
    assert checkpoint is not None
    assert len(checkpoint.history.records) == 1


def test_every_step_is_reported_and_the_validation_last(tmp_path):
    progress = RecordingProgress()
    history, _, _ = run(tmp_path, epochs=1, progress=progress)
    (record,) = history.records
    *steps, end = progress.of("advance")
    assert progress.of("stage") == [("epoch 1 of 1", 7)]
    assert [done for done, _ in steps] == [1, 2, 3, 4, 5, 6, 7]
    assert steps[-1][1] == {"loss": record.loss, "accuracy": record.accuracy}
    assert end == (
        7,
        {
            "loss": record.loss,
            "validation_loss": record.validation_loss,
            "validation_accuracy": record.validation_accuracy,
        },
    )


def test_the_validation_figures_are_those_of_the_network_without_dropout(unkilled):
    history, _, fit = unkilled
    best = history.records[history.best_epoch - 1]
    probabilities = fit.probabilities(VALIDATION.ids).astype(np.float64)
    of_truth = probabilities[np.arange(len(VALIDATION)), VALIDATION.targets]
    assert best.validation_loss == pytest.approx(-np.log(of_truth).mean(), abs=1e-6)
    assert best.validation_accuracy == (probabilities.argmax(axis=1) == VALIDATION.targets).mean()


def test_the_loss_of_an_epoch_is_the_mean_over_its_rows(tmp_path):
    """With a learning rate of next to nothing and no dropout, training and validation see the same network."""
    still = NetworkConfig(**{**vars_of(NETWORK), "embedding_dropout": 0.0})
    _network, fit = prepare(network=still, epochs=1, learning_rate=1e-12)
    checkpoints = CheckpointFile(tmp_path / "fit.checkpoint")
    history = fit.run(TRAIN, TRAIN, checkpoints, RecordingProgress(), resume=False)
    (record,) = history.records
    assert record.loss == pytest.approx(record.validation_loss, abs=1e-5)
    assert record.accuracy == record.validation_accuracy


def test_each_epoch_sees_every_row_once_in_an_order_of_its_own():
    numbered = Examples(np.arange(50, dtype=np.int32)[:, None].repeat(8, axis=1), np.arange(50, dtype=np.int32))
    _, fit = prepare()

    def order(epoch):
        batches = [(ids.numpy(), targets.numpy()) for ids, targets in fit._batches(numbered, epoch)]
        assert [len(targets) for _, targets in batches] == [8] * 6 + [2]
        assert all(np.array_equal(ids[:, 0], targets) for ids, targets in batches)
        return np.concatenate([targets for _, targets in batches]).tolist()

    assert sorted(order(1)) == list(range(50))
    assert order(1) == order(1) != order(2)


def test_probabilities_do_not_depend_on_how_rows_are_cut_into_calls(unkilled, monkeypatch):
    fit = unkilled[2]
    whole = fit.probabilities(TRAIN.ids)
    assert (whole.shape, whole.dtype) == ((50, 3), np.float32)
    monkeypatch.setattr("training.fit.INFERENCE_ROWS", 7)
    np.testing.assert_allclose(fit.probabilities(TRAIN.ids), whole, atol=1e-6)


def test_it_learns_what_can_be_learnt(tmp_path):
    targets = (TRAIN.ids == 3).any(axis=1).astype(np.int32)
    _network, fit = prepare(epochs=60, patience=60, learning_rate=0.02)
    rows = Examples(TRAIN.ids, targets)
    fit.run(rows, rows, CheckpointFile(tmp_path / "fit.checkpoint"), RecordingProgress(), resume=False)
    assert (fit.probabilities(TRAIN.ids).argmax(axis=1) == targets).mean() > 0.9


def test_seeding_makes_the_initial_weights_the_same():
    seed_everything(11)
    first = build(NETWORK, VECTORS).get_weights()
    keras.random.normal((3,))
    seed_everything(11)
    assert equal(build(NETWORK, VECTORS).get_weights(), first)


def test_epochs_are_judged_by_what_would_be_served(tmp_path):
    seed_everything(5)
    network = build(NETWORK, VECTORS)
    given = np.tile(np.array([0.5, 0.25, 0.25], np.float32), (len(VALIDATION), 1))
    fit = Fit(network, TrainingConfig(epochs=1), len(TRAIN), served=lambda probabilities: given[: len(probabilities)])
    checkpoints = CheckpointFile(tmp_path / "fit.checkpoint")
    (record,) = fit.run(TRAIN, VALIDATION, checkpoints, RecordingProgress(), resume=False).records
    expected = -np.log(np.where(VALIDATION.targets == 0, 0.5, 0.25)).mean()
    assert record.validation_loss == pytest.approx(expected)
    assert record.validation_accuracy == (VALIDATION.targets == 0).mean()


def test_a_cosine_rises_over_the_first_tenth_of_the_steps_and_falls_to_a_fiftieth():
    config = TrainingConfig(epochs=10, learning_rate=0.5, schedule="cosine")
    rate = _learning_rate(config, 10)  # 100 steps, 10 of them rising
    at = [float(rate(step)) for step in (0, 5, 10, 55, 100, 200)]
    assert at == pytest.approx([0, 0.25, 0.5, 0.5 * (0.02 + 0.98 / 2), 0.01, 0.01])
    assert _learning_rate(TrainingConfig(learning_rate=0.5), 10) == 0.5


def test_a_cosine_of_a_single_step_is_no_fault():
    rate = _learning_rate(TrainingConfig(epochs=1, learning_rate=0.5, schedule="cosine"), 1)
    assert np.isfinite([float(rate(step)) for step in (0, 1, 2)]).all()
