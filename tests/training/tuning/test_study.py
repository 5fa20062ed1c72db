"""The study's file: of one search alone, by one process at a time, and Optuna's own."""

import sqlite3

import pytest

from model.errors import ConfigError
from tests.training.tuning.made import IDENTITY, run, study
from training.errors import TrainingError
from training.tuning.study import work_folder


def test_other_data_in_the_same_study_is_refused(tmp_path):
    run(tmp_path, 1)
    with (
        pytest.raises(ConfigError, match=r"'toy' in .*toy\.db is of another search: other data\. Begin another"),
        study(tmp_path, identity=IDENTITY | {"data": "xyz"}),
    ):
        pass


def test_another_study_may_be_in_the_same_file(tmp_path):
    run(tmp_path, 1)
    with study(tmp_path, identity=IDENTITY | {"data": "xyz"}, name="other") as other:
        assert [trial.state.name for trial in other.trials] == ["WAITING"]


def test_two_processes_do_not_share_a_study(tmp_path):
    with study(tmp_path), pytest.raises(TrainingError, match="Another process is at the study 'toy'"), study(tmp_path):
        pass


def test_a_file_of_something_else_is_left_alone(tmp_path):
    (tmp_path / "toy.db").write_bytes(b"no database" * 100)
    with pytest.raises(ConfigError, match="no SQLite file"), study(tmp_path):
        pass
    assert (tmp_path / "toy.db").read_bytes() == b"no database" * 100


def test_the_tables_of_something_else_are_left_alone(tmp_path):
    with sqlite3.connect(tmp_path / "toy.db") as connection:
        connection.execute("CREATE TABLE jobs (id INTEGER)")
    connection.close()
    with pytest.raises(ConfigError, match="something else than studies"), study(tmp_path):
        pass


def test_a_file_that_cannot_be_written_is_one_clear_error(tmp_path):
    (tmp_path / "toy.db").mkdir()
    with pytest.raises(ConfigError, match="no SQLite file"), study(tmp_path):
        pass


def test_checkpoints_that_a_kill_left_are_cleared_away(tmp_path):
    folder = work_folder(tmp_path / "toy.db", "toy")
    folder.mkdir()
    (folder / "abc.checkpoint").touch()
    (folder / ".abc.checkpoint.1f").touch()
    with study(tmp_path):
        assert [path.name for path in folder.iterdir()] == [".lock"]
