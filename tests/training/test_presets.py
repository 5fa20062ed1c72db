import numpy as np
import pytest

from model.errors import ConfigError
from model.network import build, count_parameters
from model.network_config import NetworkConfig
from training.config import TrainingConfig
from training.presets import DEFAULT, PRESETS, preset


def test_the_reference_is_the_default_network_and_training():
    reference = preset("reference")
    assert (reference.network, reference.training) == (NetworkConfig(), TrainingConfig())


def test_the_summary_of_the_reference_counts_its_parameters():
    network = build(preset("reference").network, np.zeros((20_000, 100), np.float32))
    assert f"{count_parameters(network)['total']:,} parameters" in preset("reference").summary


def test_every_preset_is_found_under_its_own_name():
    assert all(preset(name).name == name for name in PRESETS)


def test_an_unknown_preset_is_refused_with_those_there_are():
    with pytest.raises(ConfigError, match="no preset 'refrence'; there are: accurate, reference"):
        preset("refrence")


def test_changes_reach_the_network_and_the_training_by_their_names():
    adapted = preset("reference").adapted(epochs=7, embedding_dim=50, seed=4)
    assert adapted.network == NetworkConfig(embedding_dim=50)
    assert adapted.training == TrainingConfig(epochs=7, seed=4)
    assert adapted.name == "reference"


def test_none_leaves_a_value_and_the_preset_itself_never_changes():
    before = preset("reference")
    assert before.adapted(epochs=None, embedding_dim=None) == before
    before.adapted(epochs=99)
    assert preset("reference").training.epochs == TrainingConfig().epochs


def test_zero_is_a_value():
    assert preset("reference").adapted(seed=0).training.seed == 0
    with pytest.raises(ConfigError, match="epochs is 0"):
        preset("reference").adapted(epochs=0)


def test_the_default_adapts_to_the_data_and_reads_case_the_reference_does_neither():
    default, reference = preset(DEFAULT), preset("reference")
    assert (default.adapts, default.cased, default.network.has_wide_part) == (True, True, True)
    assert (reference.adapts, reference.cased, reference.network.has_wide_part) == (False, False, False)
    assert default.adapted(epochs=3).adapts
