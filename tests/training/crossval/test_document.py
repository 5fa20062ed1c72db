import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from model.run_events import line_of
from tests.training.crossval.made import LABELS, results_of, targets_of, texts_of
from training.calibration import reliability
from training.crossval.document import CrossValidation, command
from training.crossval.settings import Settings
from training.crossval.summary import FIGURES
from training.crossval.table import text_of
from training.data.dataset import Dataset
from training.data.problems import FoundColumns
from training.evaluation import evaluate
from training.folds import outer_fold

ROWS = 96
SETTINGS = Settings(Path("far/away/my.csv"), "reference", {"epochs": 3}, folds=4, vectors="far/glove.zip:a/b.txt")


def dataset():
    columns = FoundColumns(("text", "label"), "text", "label")
    lines = tuple(range(2, ROWS + 2))
    return Dataset(tuple(texts_of(ROWS)), targets_of(ROWS), LABELS, lines, (), "f" * 64, "my.csv", ROWS, columns)


def outer():
    return outer_fold(texts_of(ROWS), targets_of(ROWS))


@pytest.fixture(scope="module")
def whole():
    return CrossValidation.of(SETTINGS, dataset(), outer(), results_of(ROWS, 4))


def test_the_document_says_what_it_is_of_what_and_how(whole):
    content = whole.as_dict()
    assert (content["kind"], content["schema"], content["complete"]) == ("crossval", 1, True)
    assert content["data"] == {
        "source": "my.csv",
        "fingerprint": "f" * 64,
        "rows": ROWS,
        "labels": {"calm": 32, "storm": 32, "thaw": 32},
    }
    assert (content["preset"], content["hyper_parameters"]["training"]["epochs"]) == ("reference", 3)
    assert content["libraries"] == {"tercet": "1"}
    assert content["seconds"] == 6.0


def test_it_holds_the_figures_of_each_fold_of_all_and_of_parts(whole):
    content = whole.as_dict()
    assert [fold["number"] for fold in content["folds"]] == [1, 2, 3, 4]
    assert sum(fold["rows"] for fold in content["folds"]) == ROWS
    for name in FIGURES:
        assert content["mean"][name] == pytest.approx(np.mean([fold[name] for fold in content["folds"]]))
        for other in ("baseline", "parts"):
            of_all = content[other]["wide alone"] if other == "parts" else content[other]
            of_each = [fold[other]["wide alone"] if other == "parts" else fold[other] for fold in content["folds"]]
            assert of_all["mean"][name] == pytest.approx(np.mean([each[name] for each in of_each]))
            assert of_all["standard_error"][name] == pytest.approx(np.std([e[name] for e in of_each], ddof=1) / 2)
    gains = [fold["baseline"]["log_loss"] - fold["log_loss"] for fold in content["folds"]]
    assert content["gain"]["log_loss"]["mean"] == pytest.approx(np.mean(gains))
    assert content["gain"]["log_loss"]["standard_error"] == pytest.approx(np.std(gains, ddof=1) / 2)


def test_the_rows_that_nothing_is_tuned_on_have_figures_of_their_own(whole):
    answers = np.empty((ROWS, 3), np.float32)
    for each in whole.results:
        answers[each.rows] = each.probabilities
    expected = evaluate(answers[outer()], targets_of(ROWS)[outer()], LABELS)
    assert whole.as_dict()["outer_fold"]["network"]["rows"] == len(outer()) == 9
    assert whole.as_dict()["outer_fold"]["network"]["log_loss"] == pytest.approx(expected.log_loss, rel=1e-6)
    assert whole.as_dict()["outer_fold"]["network"]["accuracy"] == expected.accuracy


def test_reliability_is_that_of_all_rows(whole):
    answers = np.concatenate([each.probabilities for each in whole.results])
    targets = np.concatenate([each.targets for each in whole.results])
    assert whole.as_dict()["reliability"]["count"] == reliability(answers, targets).count
    assert sum(whole.as_dict()["reliability"]["count"]) == ROWS


def test_it_is_json_without_any_folder(whole):
    text = json.dumps(whole.as_dict(), allow_nan=False)
    assert "far" not in text
    assert '"vectors": "b.txt"' in text
    assert json.loads(line_of("result", **whole.as_dict()))["kind"] == "crossval"


def test_the_command_can_be_given_again():
    settings = replace(SETTINGS, label_column="class", seed=3, repeats=2)
    settings = replace(settings, changes={"epochs": 3, "embedding_frozen": False})
    assert command(settings) == (
        "python -m training crossval --data my.csv --label-column class --vectors b.txt --preset reference "
        "--folds 4 --seed 3 --repeats 2 --set epochs=3 --set embedding_frozen=false"
    )


def test_some_folds_give_figures_that_say_they_are_not_all():
    some = CrossValidation.of(SETTINGS, dataset(), outer(), results_of(ROWS, 4)[1:2])
    content = some.as_dict()
    assert content["complete"] is False
    assert content["pooled"]["rows"] == 24
    assert content["standard_error"]["log_loss"] is None
    assert json.dumps(content, allow_nan=False)
    assert text_of(some).endswith("3 of 4 folds are not finished.")
    assert "±" not in text_of(some)


def test_repetitions_are_told_apart():
    settings = replace(SETTINGS, folds=2, repeats=2, seed=5)
    content = CrossValidation.of(settings, dataset(), outer(), results_of(ROWS, 2, seeds=(5, 6))).as_dict()
    assert [(fold["seed"], fold["fold"]) for fold in content["folds"]] == [(5, 1), (5, 2), (6, 1), (6, 2)]
    assert content["pooled"]["rows"] == 2 * ROWS
    assert content["settings"]["seeds"] == [5, 6]


def test_a_part_that_not_every_fold_has_is_left_out():
    results = results_of(ROWS, 4)
    results[2] = replace(results[2], parts={})
    content = CrossValidation.of(SETTINGS, dataset(), outer(), results).as_dict()
    assert content["parts"] == {}
    assert {tuple(fold["parts"]) for fold in content["folds"]} == {()}


def test_versions_that_differ_between_folds_are_all_named():
    results = results_of(ROWS, 4)
    results[2] = replace(results[2], libraries={"tercet": "2"})
    assert CrossValidation.of(SETTINGS, dataset(), outer(), results).as_dict()["libraries"] == {"tercet": "1, 2"}


def test_a_person_sees_every_fold_and_means_with_their_errors(whole):
    text, mean, error = text_of(whole), whole.network.mean, whole.network.standard_error
    lines = [line.split() for line in text.splitlines()]
    for fold, each in enumerate(whole.network.folds, start=1):
        assert [str(fold), "24", f"{each.log_loss:.4f}", f"{each.accuracy:.4f}"] in [line[:4] for line in lines]
    assert f"{mean['log_loss']:.4f} ± {error['log_loss']:.4f}" in text
    for name in ("network", "baseline", "wide alone"):
        assert f"{name}, mean of the folds" in text
    verdict = "beats" if whole.gain.mean > 0 else "LOSES to"
    assert f"reference {verdict} the baseline by {abs(whole.gain.mean):.4f} ±" in text
    assert max(map(len, text.splitlines())) <= 120
