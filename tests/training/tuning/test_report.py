"""What was found, and what people and machines read of it."""

import json
import re

import pytest

from tests.training.tuning.made import START, findings, losses, prune_from
from training.tuning.report import write_report
from training.tuning.summary import summary, verdict


def test_the_gain_is_the_presets_loss_less_the_best(tmp_path):
    found = findings(tmp_path, 12)
    gain, error = found.gain
    assert gain == pytest.approx(found.trials[0].log_loss - found.best.log_loss)
    assert gain > 0
    assert error == pytest.approx(0, abs=1e-9)  # the folds differ by the same in each trial
    assert f"{gain:.4f} ± 0.0000 lower than with the values of small" in verdict(found)


def test_a_gain_within_what_the_folds_differ_by_is_called_so(tmp_path):
    def measure(trial, values, progress):
        return [1.0, 2.0] if trial.number == 0 else [0.8, 2.1]

    assert "take it for no gain" in verdict(findings(tmp_path, 2, measure=measure))


def test_where_the_preset_is_best_nothing_is_promised(tmp_path):
    found = findings(tmp_path, 1)
    assert "nothing better was found" in verdict(found)
    assert "train" not in summary(found, tmp_path, "python -m training train")


def test_where_the_preset_was_not_tried_there_is_no_gain(tmp_path):
    found = findings(tmp_path, 2, start=None)
    assert found.gain is None
    assert "there is no gain to tell" in verdict(found)


def test_a_person_reads_the_best_values_and_how_to_use_them(tmp_path):
    found = findings(tmp_path, 12)
    lines = summary(found, tmp_path, "python -m training train --set units=5").splitlines()
    assert lines[0].startswith("12 trials in ")
    assert f"  units          {found.best.parameters['units']}  (small: 3)" in lines
    assert "  python -m training train --set units=5" in lines
    assert lines[-1] == f"The report is {tmp_path / 'report.html'}."


def test_without_a_complete_trial_the_report_is_whole_too(tmp_path):
    found = findings(tmp_path, 2, measure=prune_from(0))
    write_report(tmp_path / "report", found)
    assert found.best is None
    assert "No trial was measured to its end" in (tmp_path / "report" / "report.html").read_text()
    assert summary(found, tmp_path, "").startswith("No trial of toy was measured")


def test_the_report_holds_all_trials_and_three_figures_and_asks_the_network_for_nothing(tmp_path):
    found = findings(tmp_path, 8, measure=prune_from(6))
    figures, page = write_report(tmp_path / "report", found)
    html = page.read_text(encoding="utf-8")
    assert re.findall('alt="([^"]+)"', html) == ["Trials", "What mattered", "Values tried"]
    assert html.count('<th scope="row">') == len(START) + 8
    assert html.count(">pruned</td>") == 2
    assert not re.search(r'(?:src|href)="(?!data:)', html)
    content = json.loads(figures.read_text())
    assert content == json.loads(json.dumps(found.as_dict()))
    assert content["best"]["parameters"].keys() == START.keys()
    assert (content["complete"], content["pruned"], content["failed"]) == (6, 2, 0)
    assert sum(content["importances"].values()) == pytest.approx(1)


def test_names_in_the_report_are_text(tmp_path):
    def measure(trial, values, progress):
        progress.note("")
        return losses(trial, values, progress)

    found = findings(tmp_path, 1, measure=measure)
    object.__setattr__(found.search, "study", "<b>toy")
    _, page = write_report(tmp_path / "report", found)
    assert "<b>toy" not in page.read_text()


def test_a_full_disk_leaves_the_report_that_was_there(tmp_path, monkeypatch):
    found = findings(tmp_path, 2)
    figures, page = write_report(tmp_path / "report", found)
    before = figures.read_bytes(), page.read_bytes()

    def full(descriptor):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("model.durable.os.fsync", full)
    with pytest.raises(OSError, match="No space"):
        write_report(tmp_path / "report", found)
    assert (figures.read_bytes(), page.read_bytes()) == before
    assert sorted(path.name for path in (tmp_path / "report").iterdir()) == ["report.html", "tuning.json"]
