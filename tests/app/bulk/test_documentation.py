import csv
import re

import pytest

from app.bulk.workplace import Workplace
from tests.app.process import ROOT, run

PAGE = (ROOT / "docs" / "bulk.md").read_text(encoding="utf-8")


def test_the_example_comes_out_as_printed(tmp_path):
    before, after = re.findall(r"```csv\n(.*?)```", PAGE, re.DOTALL)
    (tmp_path / "texts.csv").write_text(before)
    done = run("bulk", "texts.csv", "predicted.csv", cwd=tmp_path)
    assert (done.returncode, done.stderr) == (0, "")
    given = list(csv.reader((tmp_path / "predicted.csv").read_text().splitlines()))
    printed = list(csv.reader(after.splitlines()))
    assert list(map(plain, given)) == [pytest.approx(plain(row), abs=5e-4) for row in printed]


def plain(row):
    """The row by column number, what looks like a probability as a number."""
    return {index: float(value) if value.startswith("0.") else value for index, value in enumerate(row)}


def test_every_option_is_described(tmp_path):
    options = set(re.findall(r"--[a-z-]+", run("bulk", "--help", cwd=tmp_path).stdout)) - {"--help"}
    assert options
    assert {option for option in options if f"| `{option}" not in PAGE and f"`{option} " not in PAGE} == set()


def test_the_hidden_folder_is_the_one_that_is_named(tmp_path):
    assert f"`{Workplace(tmp_path / 'predicted.csv').folder.name}`" in PAGE
