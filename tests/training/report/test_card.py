import re
from dataclasses import replace

import pytest

from training.evaluation import ClassEvaluation
from training.report.card import card

HEADINGS = [
    "Intended use",
    "Held-out figures",
    "Cross-validation",
    "Calibration",
    "Classes",
    "What each part brings",
    "Limits",
    "Data",
    "How to make it again",
]


def headings(text):
    return re.findall("^## (.*)$", text, re.MULTILINE)


def test_a_full_card_has_every_section(make_full):
    text = card(make_full())
    assert text.startswith("# toy\n\n")
    assert headings(text) == HEADINGS
    assert text.endswith("gives the same network.\n")
    assert "\n\n\n" not in text


def test_sections_without_figures_are_left_out(make_contents):
    text = card(make_contents())
    found = ["Cross-validation", "What each part brings", "How to make it again"]
    assert headings(text) == [heading for heading in HEADINGS if heading not in found]
    assert "not corrected" in text


def test_the_figures_stand_beside_the_baseline_s(make_full):
    contents = make_full()
    ours = contents.evaluation
    text = card(contents)
    assert f"| network | {ours.log_loss:.4f} | {ours.accuracy:.4f} | {ours.macro_f1:.4f} |" in text
    assert f"| baseline | {contents.baseline.log_loss:.4f} |" in text
    assert "| log loss | 0.2900 ± 0.0040 | 0.2900 | 0.2900 |" in text
    assert "a temperature of 1.250" in text
    assert "| deep | 0.9000 | 0.6000 | 0.0500 |" in text


def test_the_limits_follow_from_the_figures(make_full):
    contents = make_full()
    worst = ClassEvaluation("odd", 0.2, 0.2, 0.2, 7)
    per_class = (*contents.evaluation.per_class, worst, ClassEvaluation("absent", 0, 0, 0, 0))
    text = card(replace(contents, evaluation=replace(contents.evaluation, per_class=per_class)))
    for limit in (
        "- Worst class: `odd`, F1 0.200 on 7 test rows.",
        "- Most often it takes `EAP` for `HPL` (8, 20%)",
        "- By length it is worst on texts of 1 to 9 tokens: log loss 0.700, accuracy 75.0% on 60 rows.",
        "- Of 9.1% of the training texts it sees the last 50 tokens alone.",
        "- 3.1% of the words of the test rows are not in its vocabulary",
        "more rows would still bring something.",
    ):
        assert limit in text


def test_a_network_that_loses_says_so_at_the_top(make_contents):
    text = card(make_contents(right=0.6, baseline_right=0.9))
    assert text.index("**The network loses to the baseline. Do not ship it as it is.**") < text.index("## ")


@pytest.mark.parametrize("label", ["a|b", "a`b", "a\nb"])
def test_labels_cannot_break_a_table(make_contents, label):
    text = card(make_contents(labels=(label, "plain")))
    rows = [line for line in text.splitlines() if line.startswith("| `")]
    assert len(rows) == 2
    assert all(len(re.findall(r"(?<!\\)\|", row)) == 6 and row.count("`") == 2 for row in rows)
