import base64

import pytest

from training.report import write_report
from training.report.figures import FIGURES

FILES = [*(f"{name}.png" for name in FIGURES), "report.html"]


def test_the_figures_and_the_page_are_written(make_contents, tmp_path):
    paths = write_report(tmp_path / "new" / "report", make_contents())
    assert [path.name for path in paths] == FILES
    assert sorted(path.name for path in (tmp_path / "new" / "report").iterdir()) == sorted(FILES)
    assert all(path.read_bytes().startswith(b"\x89PNG\r\n") for path in paths[:-1])


def test_the_page_holds_the_figures_that_lie_beside_it(make_contents, tmp_path):
    *figures, page = write_report(tmp_path, make_contents())
    source = page.read_text(encoding="utf-8")
    assert all(base64.b64encode(figure.read_bytes()).decode() in source for figure in figures)


def test_the_same_contents_give_the_same_bytes(make_contents, tmp_path):
    first = write_report(tmp_path / "first", make_contents())
    second = write_report(tmp_path / "second", make_contents())
    assert [path.read_bytes() for path in first] == [path.read_bytes() for path in second]


@pytest.mark.parametrize("classes", [2, 50])
def test_a_report_stays_small(make_contents, tmp_path, classes):
    labels = tuple(f"a label of some length {number}" for number in range(classes))
    *figures, page = write_report(tmp_path, make_contents(labels=labels, rows=1000))
    assert max(figure.stat().st_size for figure in figures) <= 60_000
    assert page.stat().st_size <= 500_000


def test_half_a_surrogate_pair_in_a_label_is_written_as_a_question_mark(make_contents, tmp_path):
    page = write_report(tmp_path, make_contents(labels=("plain", "odd \ud83d one")))[-1]
    assert "odd ? one" in page.read_text(encoding="utf-8")
