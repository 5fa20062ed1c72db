import json

import pytest

from training.history import EpochRecord, History


def record(epoch, validation_loss):
    return EpochRecord(epoch, 0.5, 0.75, validation_loss, 0.625, 1.5)


def test_the_best_epoch_is_the_one_of_the_lowest_validation_loss():
    assert History((record(1, 0.9), record(2, 0.7), record(3, 0.8))).best_epoch == 2


def test_the_earlier_of_two_equal_epochs_is_the_best():
    assert History((record(1, 0.9), record(2, 0.7), record(3, 0.7))).best_epoch == 2


def test_a_diverged_epoch_is_never_the_best():
    assert History((record(1, float("nan")), record(2, 0.9))).best_epoch == 2


def test_no_epoch_is_the_best_of_none():
    with pytest.raises(ValueError, match="no epoch yet"):
        _ = History().best_epoch


def test_an_epoch_is_added_at_the_end_and_the_old_history_stays_as_it_was():
    before = History((record(1, 0.9),))
    after = before.with_record(record(2, 0.1 + 0.2))
    assert [each.epoch for each in after.records] == [1, 2]
    assert len(before.records) == 1


def test_a_history_survives_json_exactly():
    history = History((record(1, 0.1 + 0.2), record(2, 1 / 3)))
    assert History.from_dict(json.loads(json.dumps(history.as_dict()))) == history
