import pytest

from model.errors import ConfigError
from tests.training.crossval.made import results_of
from tests.training.recording import RecordingProgress
from training.crossval.folder import RunFolder

IDENTITY = {"data": "ab" * 32, "training": {"epochs": 3, "shares": (0.1, 0.1)}, "folds": 4}


def test_the_same_identity_finds_the_finished_folds_again(tmp_path):
    progress = RecordingProgress()
    for result in results_of(20, 4)[1:3]:
        result.save(RunFolder.open(tmp_path / "run", IDENTITY).result(result.number))
    found = RunFolder.open(tmp_path / "run", IDENTITY).finished(range(1, 5), progress)
    assert list(found) == [2, 3]
    assert progress.events == []


def test_folds_of_another_run_are_refused_with_what_differs(tmp_path):
    RunFolder.open(tmp_path, IDENTITY)
    other = IDENTITY | {"data": "cd" * 32, "training": {"epochs": 5, "shares": (0.1, 0.1)}}
    with pytest.raises(ConfigError) as caught:
        RunFolder.open(tmp_path, other)
    message = str(caught.value)
    assert "data: abababababab… there, cdcdcdcdcdcd… asked for; epochs: 3 there, 5 asked for)" in message
    assert "another --folder, or --restart" in message


def test_a_restart_forgets_the_folds_and_leaves_what_is_not_of_a_run(tmp_path):
    folder = RunFolder.open(tmp_path, IDENTITY)
    results_of(20, 4)[0].save(folder.result(1))
    folder.working(2).mkdir()
    (folder.working(2) / "x.checkpoint").touch()
    folder.log(2).touch()
    (tmp_path / "notes.txt").write_text("mine")
    RunFolder.open(tmp_path, IDENTITY | {"folds": 5}, restart=True)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["crossval.json", "notes.txt"]


def test_a_damaged_fold_counts_as_unfinished(tmp_path):
    folder, progress = RunFolder.open(tmp_path, IDENTITY), RecordingProgress()
    folder.result(3).write_bytes(b"PK no archive")
    assert folder.finished(range(1, 5), progress) == {}
    ((warning,),) = progress.of("warn")
    assert warning.startswith("fold-03.npz is damaged")


def test_a_file_that_is_no_identity_is_refused(tmp_path):
    (tmp_path / "crossval.json").write_text("{")
    with pytest.raises(ConfigError, match="cannot be read"):
        RunFolder.open(tmp_path, IDENTITY)
