import pytest

from app.bulk.cluster import inputs
from app.bulk.cluster.places import Place
from app.bulk.errors import InputError, OutputError


@pytest.fixture
def source(tmp_path):
    (tmp_path / "in").mkdir()
    for name in ("b.csv", "a.csv", "notes.txt", ".hidden.csv"):
        (tmp_path / "in" / name).write_text("text\n")
    return Place(str(tmp_path / "in"))


def test_a_folder_gives_its_files_of_a_known_format_and_counts_the_others(source):
    found, left_alone = inputs.find(source)
    assert ([each.name for each in found], left_alone) == (["a.csv", "b.csv"], 1)


def test_a_pattern_gives_what_matches(source):
    assert inputs.find(source / "[a]*.csv") == ([source / "a.csv"], 0)


def test_nothing_to_read_is_said(source, tmp_path):
    with pytest.raises(InputError, match="gone.csv is not there"):
        inputs.find(source / "gone.csv")
    with pytest.raises(InputError, match="holds no file that ends in .csv"):
        inputs.find(source / "*.txt")


@pytest.mark.parametrize(
    ("name", "target", "said"),
    [
        ("in", "in", "holds the input"),
        ("in", ".", "holds the input"),
        ("in", "in/out", "lies in"),
        ("in", "x/../in/out", "lies in"),
        ("in/a.csv", "in/a.csv", "is the input"),
        ("in/*.csv", "in", "holds the input"),
    ],
)
def test_an_output_that_would_endanger_the_input_is_refused(source, tmp_path, name, target, said):
    (tmp_path / "x").mkdir()
    place = Place(f"{tmp_path}/{name}")
    with pytest.raises(OutputError, match=said):
        inputs.check_apart(place, inputs.find(place)[0], Place(f"{tmp_path}/{target}"))


@pytest.mark.parametrize(("name", "target"), [("in", "in2"), ("in/a.csv", "in/out.csv"), ("in/*.csv", "in/out")])
def test_an_output_beside_the_input_is_well(source, tmp_path, name, target):
    place = Place(f"{tmp_path}/{name}")
    inputs.check_apart(place, inputs.find(place)[0], Place(f"{tmp_path}/{target}"))
