"""`check` and `presets`: what a file holds and what can be asked for, without the libraries of a training."""

import json
import subprocess
import sys

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from tests.training.small import ROOT, SHOP_MESSAGES, write_messages
from training.config import TrainingConfig
from training.presets import PRESETS

# Runs a command with the libraries of a training out of reach.
ALONE = """
import sys

OUT_OF_REACH = "httpx sklearn scipy matplotlib keras tensorflow pyarrow jinja2".split()

class Unreachable:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in OUT_OF_REACH:
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)

sys.meta_path.insert(0, Unreachable())
from training.cli import main
main()
"""


@pytest.fixture
def data(tmp_path):
    return write_messages(tmp_path / "messages.csv")


def alone(*arguments):
    command = [sys.executable, "-c", ALONE, *map(str, arguments)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.stderr == ""
    return done.returncode, json.loads(done.stdout.splitlines()[-1])


def test_labels_in_brackets_are_no_markup(cli, data):
    content = data.read_text(encoding="utf-8").replace(",c0", ",[red]").replace(",c1", ",[/red]")
    data.write_text(content, encoding="utf-8")
    assert "([/red] 30, [red] 30, c2 30)" in cli("check", "--data", data).out


def test_check_tells_what_a_file_holds(cli, data, tmp_path):
    with data.open("a", encoding="utf-8") as file:
        file.write("Again,c0\nAgain,c1\n,c2\n")
    ended = cli("check", "--data", data)
    assert ended.code == 0
    assert ended.out == "messages.csv: 90 of 93 rows can be learnt from (c0 30, c1 30, c2 30)\n"
    assert "warning: messages.csv: same text under two labels: 2 rows" in ended.err
    assert "warning: messages.csv: empty text: 1 row" in ended.err
    assert list(tmp_path.iterdir()) == [data]


def test_check_for_machines_names_each_problem(cli, data):
    with data.open("a", encoding="utf-8") as file:
        file.write(",c2\n")
    result = cli("check", "--data", data, "--json").events[-1]
    assert result["event"] == "result"
    assert (result["rows"], result["labels"]) == (90, {"c0": 30, "c1": 30, "c2": 30})
    assert [(problem["kind"], problem["first"]) for problem in result["problems"]] == [("empty_text", [92])]


def test_check_for_machines_says_which_columns_there_are_and_which_it_took(cli, tmp_path):
    data = tmp_path / "data.csv"
    rows = [f"{row},text number {row % 20},{'ab'[row % 2]}" for row in range(24)]
    data.write_text("\n".join(["id,text,author", *rows]), encoding="utf-8")
    result = cli("check", "--data", data, "--json").events[-1]
    assert result["columns"] == ["id", "text", "author"]
    assert (result["text_column"], result["label_column"]) == ("text", "author")
    assert (result["rows_read"], result["rows"], result["duplicates"]) == (24, 20, 4)


def test_a_file_that_is_refused_comes_with_its_problems(cli, tmp_path):
    data = tmp_path / "bad.csv"
    data.write_text("text,label\na,b\na,c,d\n", encoding="utf-8")
    ended = cli("check", "--data", data, "--json")
    error = ended.events[-1]
    assert (ended.code, error["event"], error["type"]) == (1, "error", "InvalidDataError")
    assert [(each["kind"], each["rows"], each["first"]) for each in error["problems"]] == [
        ("ragged_row", 1, [3]),
        ("one_class", 1, [2]),
        ("small_class", 1, [2]),
    ]
    assert all(each["message"] in error["message"] for each in error["problems"])


def test_check_needs_no_library_of_a_training():
    code, result = alone("check", "--data", SHOP_MESSAGES, "--json")
    assert (code, result["event"], result["rows"]) == (0, "result", 240)


def test_parquet_without_pyarrow_says_what_to_install(tmp_path):
    pq.write_table(pa.table({"text": ["a"], "label": ["b"]}), tmp_path / "data.parquet")
    code, error = alone("check", "--data", tmp_path / "data.parquet", "--json")
    assert (code, error["event"]) == (1, "error")
    assert "Parquet needs pyarrow, which is not installed" in error["message"]


def test_presets_need_no_library_of_a_training_and_say_what_can_be_asked_for():
    code, result = alone("presets", "--json")
    assert code == 0
    assert result == {
        "event": "result",
        "presets": [preset.as_dict() for preset in PRESETS.values()],
        "default": "accurate",
        "limits": {"epochs": [1, 10_000], "seed": [0, 4_294_967_295]},
    }
    assert [preset["name"] for preset in result["presets"]] == ["accurate", "reference"]
    assert result["presets"][1]["epochs"] == TrainingConfig().epochs


def test_the_ends_of_the_limits_are_in_them():
    _, result = alone("presets", "--json")
    for name, ends in result["limits"].items():
        for value in ends:
            assert getattr(TrainingConfig(**{name: value}), name) == value


def test_a_person_reads_the_presets_a_line_each(cli):
    assert cli("presets").out.splitlines() == [
        "accurate: Conv1D-LSTM beside tables of n-grams, calibrated; its sizes follow from the data",
        "reference: Conv1D-LSTM over frozen word vectors, 2,098,367 parameters",
    ]
