from dataclasses import replace
from html.parser import HTMLParser

import pytest

from tests.training.report.conftest import FoundWords
from training.comparison import Comparison, McNemar, Side, Uncompared, Why
from training.curve_points import CurvePoint
from training.report import DataSummary, Layer
from training.report.figures import FIGURES
from training.report.page import Picture, metrics, render

EVIL = "<script>alert('x')</script>&\""
VOID = {"meta", "source", "img", "br", "link", "input"}
PICTURES = {name: Picture(light=f"{name} light".encode(), dark=f"{name} dark".encode()) for name in FIGURES}


class Page(HTMLParser):
    """The elements of a page, its visible text, and a check that what is opened is closed."""

    def __init__(self, source):
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.words: list[str] = []
        self.open: list[str] = []
        self.feed(source)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag, attrs):
        self.elements.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        if "style" not in self.open:
            self.words.append(data)

    @property
    def text(self):
        return " ".join(" ".join(self.words).split())

    def all(self, tag):
        return [attributes for name, attributes in self.elements if name == tag]


def page(contents):
    return Page(render(contents, PICTURES))


def verdict_classes(contents):
    return page(contents).all("section")[0]["class"]


def test_every_figure_is_inside_in_light_and_in_dark(make_contents):
    shown = page(make_contents())
    assert len(shown.all("img")) == len(shown.all("source")) == len(FIGURES) == 7
    assert all(image["src"].startswith("data:image/png;base64,") and image["alt"] for image in shown.all("img"))
    assert all(image["srcset"].startswith("data:image/png;base64,") for image in shown.all("source"))


def test_nothing_is_asked_of_the_network(make_contents):
    source = render(make_contents(), PICTURES)
    assert "http:" not in source
    assert "https:" not in source
    assert "url(" not in source
    assert "@import" not in source
    assert not {tag for tag, _ in Page(source).elements} & {"script", "link", "iframe", "object", "a", "form"}
    assert "default-src 'none'" in source


def test_a_win_is_said_first_and_in_words(make_contents):
    contents = make_contents(right=0.9, baseline_right=0.6)
    assert verdict_classes(contents) == "verdict wins"
    text = page(contents).text
    assert text.index("The network beats the baseline.") < text.index("Log loss")


def test_a_loss_is_said_first_in_words_and_with_advice(make_contents):
    contents = make_contents(right=0.6, baseline_right=0.9)
    assert verdict_classes(contents) == "verdict loses"
    text = page(contents).text
    assert text.index("Do not ship it as it is.") < text.index("Try another preset") < text.index("Log loss")


def test_labels_names_words_and_files_are_escaped(make_contents):
    contents = make_contents(
        labels=("plain", EVIL),
        name=EVIL,
        preset=EVIL,
        created_at=EVIL,
        vectors=EVIL,
        coverage=FoundWords(top_misses=((EVIL, 3),)),
        data=DataSummary(EVIL, 2, 2, {EVIL: 2}, (EVIL,)),
        parameters={EVIL: EVIL},
        layers=(Layer(EVIL, EVIL, (3,), 1),),
        seconds={EVIL: 1.0},
        libraries={EVIL: EVIL},
    )
    source = render(contents, PICTURES)
    assert "<script" not in source
    assert Page(source).text.count(EVIL) >= 14


def test_the_page_tells_what_the_run_was(make_contents):
    text = page(make_contents()).text
    for words in (
        "2025-01-31T12:00:00Z",
        "110 rows read, 100 accepted: 1,080 for training, 90 for validation, 100 for the figures above.",
        "10 rows are duplicates",
        "18 of 20 different words and 95 of 100 running words",
        "zann 4",
        "embedding Embedding 50 \N{MULTIPLICATION SIGN} 100 2,000",
        "total 2,303",
        "units 100",
        "fit 12.3",
        "numpy 2.4.6",
    ):
        assert words in text


def test_a_run_without_vectors_or_problems_is_told_as_such(make_contents):
    contents = make_contents(coverage=None, data=DataSummary("toy.csv", 5, 5, {"a": 5}, ()))
    text = page(contents).text
    assert "No problems found." in text
    assert "running words" not in text


@pytest.mark.parametrize("classes", [2, 12, 13, 50])
def test_each_class_and_the_mistakes_are_listed_once(make_contents, classes):
    labels = tuple(f"class-{number}" for number in range(classes))
    shown = page(make_contents(labels=labels, right=0.99, rows=200))
    assert shown.text.count("Most frequent mistakes") == 1
    assert f"{classes} class-{classes - 1} " in shown.text


def test_a_network_without_mistakes_has_none_to_list(make_contents):
    assert "Most frequent mistakes None." in page(make_contents(right=1.0)).text


def test_better_and_worse_follow_the_direction_of_each_metric(make_contents):
    better = make_contents(right=0.9, baseline_right=0.6)
    rows = {row.name: row for row in metrics(better.evaluation, better.baseline)}
    assert [rows[name].better for name in ("Log loss", "Accuracy", "Macro F1")] == [True, True, True]
    assert rows["Accuracy"].difference == "+30.0 points"
    assert rows["Log loss"].difference.startswith("\N{MINUS SIGN}")
    # Confidence is 0.75 throughout: as far from 0.9 right as from 0.6.
    assert rows["Calibration error"].difference in {"+0.000", "\N{MINUS SIGN}0.000"}


def test_equal_figures_are_neither_better_nor_worse(make_contents):
    contents = make_contents()
    assert {row.better for row in metrics(contents.evaluation, contents.evaluation)} == {None}


def test_mistakes_are_told_by_their_lines_alone(make_contents):
    text = page(make_contents(labels=("a", "b"), right=0.5, rows=8)).text
    # Rows 4 to 7 of the test, which are on the lines 6 to 9.
    assert "true taken for rows of its rows lines, surest first a b 2 50.0% 6, 8 b a 2 50.0% 7, 9" in text
    assert "line true taken for probability 6 a b 75.0% 7 b a 75.0% 8 a b 75.0% 9 b a 75.0%" in text
    assert "4 of 4 mistakes." in text


def test_a_pair_with_many_lines_shows_the_first_of_them(make_contents):
    text = page(make_contents(labels=("a", "b"), right=0.5, rows=40)).text
    assert "a b 10 50.0% 22, 24, 26, 28, 30, 32, … b a" in text
    assert "20 of 20 mistakes." in text


def test_what_only_some_networks_have_is_shown_where_it_is(make_full, make_contents):
    full, plain = page(make_full()).text, page(make_contents()).text
    for words in ("What each part brings", "Cross-validation", "Its logits are divided by 1.250"):
        assert words in full
        assert words not in plain


def test_the_parts_stand_above_the_whole(make_full):
    contents = make_full()
    whole = contents.evaluation
    text = page(contents).text
    assert f"deep 0.900 +{0.9 - whole.log_loss:.3f} 60.0% 0.050 wide 0.400" in text
    assert f"all together, which serves {whole.log_loss:.3f} {whole.accuracy:.1%}" in text


def test_lengths_and_training_rows_have_the_baseline_beside_them(make_full):
    text = page(make_full()).text
    for row in (
        "1 to 9 60 0.700 0.800 75.0% 70.0%",
        "10 30 0.500 0.600 80.0% 75.0%",
        "11 to 1,200 30 0.300 0.450 90.0% 80.0%",
        "3.1% of the words of the test rows are not in the vocabulary.",
        "540 0.750 0.800 70.0% 65.0% 1,080 0.700 0.780 80.0% 70.0%",
        "With 540 instead of 1,080 training rows the log loss of the network is 0.050 higher",
    ):
        assert row in text


def test_a_curve_of_the_baseline_alone_says_how_to_get_the_other(make_full):
    points = (CurvePoint(540, None, None, 0.8, 0.65), CurvePoint(1080, 0.7, 0.8, 0.78, 0.7))
    text = page(make_full(learning_curve=points)).text
    assert "train --learning-curve trains it on parts too" in text
    assert "540 – 0.800 – 65.0% 1,080 0.700 0.780" in text
    assert "the log loss of the baseline is 0.020 higher" in text


def test_cross_validated_figures_come_with_their_standard_errors(make_full):
    text = page(make_full()).text
    assert "log loss 0.2900 ± 0.0040 0.2900 0.2900 accuracy" in text
    assert "10 folds, 1,200 answers" in text


COMPARISON = Comparison(
    champion=Side(7, 0.6, 0.7, 0.05),
    challenger=Side(None, 0.5, 0.75, 0.04),
    rows=100,
    log_loss_difference=-0.1,
    interval=(-0.15, -0.05),
    mcnemar=McNemar(3, 8, 0.2266),
)


def test_without_a_version_that_serves_nothing_is_said_of_one(make_contents):
    assert "Against the version that serves" not in page(make_contents()).text


@pytest.mark.parametrize(
    ("interval", "outcome", "said"),
    [
        ((-0.15, -0.05), "wins", "It is better than version 7"),
        ((-0.25, 0.05), "mixed", "It is neither better nor worse than version 7 beyond chance"),
        ((0.05, 0.15), "loses", "It is worse than version 7"),
    ],
)
def test_the_comparison_with_the_version_that_serves_has_its_verdict_first(make_contents, interval, outcome, said):
    difference = sum(interval) / 2
    comparison = replace(COMPARISON, interval=interval, log_loss_difference=difference)
    shown = page(make_contents(comparison=comparison))
    (section,) = [each for each in shown.all("section") if each["aria-label"] == "Comparison"]
    assert section["class"] == f"verdict {outcome}"
    assert f"Against the version that serves {said}" in shown.text


def test_the_comparison_shows_its_figures(make_contents):
    text = page(make_contents(comparison=COMPARISON)).text
    for said in (
        "on 100 held-out rows new version 7 difference",
        "0.500 0.600 −0.100, better",
        "75.0% 70.0% +5.0 points, better",
        "0.040 0.050 −0.010, better",
        "lies between −0.150 and −0.050 with 95 % confidence (paired bootstrap, 10,000 resamples).",
        "8 rows only the new version gets right, 3 only the other: p = 0.227 (McNemar's exact test).",
    ):
        assert said in text
    assert "may have learnt" not in text


def test_a_champion_that_may_have_seen_the_rows_is_told_of(make_contents):
    text = page(make_contents(comparison=replace(COMPARISON, caveat="It may have learnt from them."))).text
    assert "It may have learnt from them." in text


def test_why_there_is_no_comparison_is_said_as_text(make_contents):
    shown = page(make_contents(comparison=Uncompared(7, Why.UNUSABLE, EVIL)))
    assert f"Against the version that serves {EVIL}" in shown.text
    assert "McNemar" not in shown.text


def test_what_became_of_feedback_is_told(make_contents):
    data = DataSummary("toy.csv", 110, 100, {"EAP": 1}, (), feedback="Of 3 feedback texts 2 joined.")
    assert "Of 3 feedback texts 2 joined." in page(make_contents(data=data)).text
