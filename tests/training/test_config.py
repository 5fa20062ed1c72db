import pytest

from model.errors import ConfigError
from training.config import TrainingConfig


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"epochs": 0}, "epochs is 0; it must be a whole number from 1 to 10000"),
        ({"epochs": 10_001}, "epochs is 10001"),
        ({"epochs": 2.0}, "epochs is 2.0"),
        ({"epochs": True}, "epochs is True"),
        ({"batch_size": 0}, "batch_size is 0"),
        ({"patience": -1}, "patience is -1"),
        ({"seed": -1}, "seed is -1; it must be a whole number from 0 to 4294967295"),
        ({"seed": 1 << 32}, "seed is 4294967296"),
        ({"learning_rate": 0.0}, r"learning_rate is 0.0; it must be in \(0, 1\]"),
        ({"learning_rate": -1.0}, "learning_rate is -1.0"),
        ({"learning_rate": float("nan")}, "learning_rate is nan"),
        ({"validation_share": 0.0}, "validation_share is 0.0"),
        ({"word_prior": 0.0}, r"word_prior is 0.0; it must be in \(0, 100\]"),
        ({"ngram_prior": 101.0}, "ngram_prior is 101.0"),
        ({"subword_prior": float("nan")}, "subword_prior is nan"),
        ({"schedule": "linear"}, "schedule is 'linear'; it must be constant or cosine"),
        ({"features_dropout": 1.0}, "features_dropout is 1.0"),
        ({"test_share": 0.5}, r"test_share is 0.5; it must be in \(0, 0.5\)"),
    ],
)
def test_a_value_out_of_range_is_refused_with_the_range(change, said):
    with pytest.raises(ConfigError, match=said):
        TrainingConfig(**change)


def test_the_ends_of_the_ranges_are_in_them():
    config = TrainingConfig(epochs=1, batch_size=1 << 16, patience=10_000, seed=(1 << 32) - 1, learning_rate=1.0)
    assert config.seed == 4_294_967_295


@pytest.mark.parametrize(
    ("rows", "batch"),
    [(1, 8), (159, 8), (160, 8), (192, 9), (2_000, 100), (5_120, 256), (131_072, 256)],
)
def test_a_small_data_set_gets_some_twenty_steps_an_epoch(rows, batch):
    assert TrainingConfig(batch_size=256).batch_for(rows) == batch


@pytest.mark.parametrize(("rows", "batch"), [(131_584, 257), (300_000, 585), (524_288, 1024), (9_000_000, 1024)])
def test_a_large_data_set_gets_some_five_hundred_steps_an_epoch_in_batches_of_a_thousand_at_most(rows, batch):
    assert TrainingConfig(batch_size=256).batch_for(rows) == batch


def test_a_batch_is_as_small_as_asked_for_and_as_large_where_it_is_beyond_the_bounds():
    assert [TrainingConfig(batch_size=4).batch_for(rows) for rows in (1, 10, 2_000)] == [4, 4, 4]
    assert TrainingConfig(batch_size=4096).batch_for(1_000_000) == 4096
