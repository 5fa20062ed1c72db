from pathlib import Path

import pytest

from training.command import command
from training.preparation import DataSource
from training.presets import preset


def test_a_plain_run_names_data_vectors_preset_and_seed():
    text = command(DataSource(Path("/somewhere/private/toy.csv")), preset("reference"), "toy")
    assert text == "python -m training train --data toy.csv --name toy --vectors box --preset reference --seed 0"


def test_what_differs_from_the_preset_is_named_and_no_folder_is():
    source = DataSource(Path("/a/my rows.csv"), "body", "kind", "/b/glove.zip:g.txt", Path("/c"), Path("/d/more.jsonl"))
    text = command(source, preset("reference").adapted(epochs=3, seed=5, learning_rate=0.01), "toy")
    assert text == (
        "python -m training train --data 'my rows.csv' --name toy --text-column body --label-column kind "
        "--vectors glove.zip:g.txt --feedback more.jsonl --preset reference --epochs 3 --learning-rate 0.01 --seed 5"
    )


def test_what_no_option_of_its_own_is_for_is_set():
    text = command(DataSource(Path("toy.csv")), preset("accurate").adapted(units=32, word_prior=0.25), "toy")
    assert text.endswith("--preset accurate --seed 0 --set units=32 --set word_prior=0.25")


@pytest.mark.parametrize("vectors", [r"C:\words\glove.txt", "words/glove.txt"])
def test_folders_of_either_kind_are_left_out(vectors):
    source = DataSource(Path("toy.csv"), vectors=vectors)
    assert " --vectors glove.txt " in command(source, preset("reference"), "toy")
