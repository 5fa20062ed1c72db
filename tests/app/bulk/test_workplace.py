import json

import pytest

from app.bulk.errors import OutputError, ResumeError
from app.bulk.rows import Column, Kind
from app.bulk.workplace import State, Workplace, check_same

STATE = State({"model": "toy 1"}, (Column("n", Kind.INTEGER),), {"line": 3, "offset": 40}, 5, 2, 1, 9, 8)


@pytest.fixture
def workplace(tmp_path):
    return Workplace(tmp_path / "out.csv")


def test_what_was_saved_is_loaded(workplace):
    with workplace.occupied():
        assert workplace.load() is None
        workplace.rows.write_bytes(b"12345 and what was not yet counted")
        workplace.save(STATE)
        assert workplace.load() == STATE


def test_the_folder_stays_while_there_is_something_to_go_on_with(workplace):
    with workplace.occupied():
        workplace.rows.write_bytes(b"")
    assert not workplace.folder.exists()
    with workplace.occupied():
        workplace.save(STATE)
    assert workplace.folder.exists()


def test_rows_beyond_the_last_checkpoint_are_cut_off(workplace):
    with workplace.occupied():
        workplace.rows.write_bytes(b"12345 and more")
        with workplace.appending(5) as rows:
            rows.write(b"6")
            assert rows.tell() == 6
        assert workplace.rows.read_bytes() == b"123456"
        with workplace.appending(0) as rows:
            rows.write(b"afresh")
        assert workplace.rows.read_bytes() == b"afresh"


def test_a_second_run_is_refused_and_disturbs_nothing(workplace, tmp_path):
    with workplace.occupied():
        workplace.rows.write_bytes(b"1")
        with (
            pytest.raises(OutputError, match=r"Another run is writing .*out\.csv"),
            Workplace(tmp_path / "out.csv").occupied(),
        ):
            pass
        assert workplace.rows.read_bytes() == b"1"


def test_after_a_failure_another_run_may_come(workplace):
    with pytest.raises(RuntimeError), workplace.occupied():
        raise RuntimeError
    with workplace.occupied():
        assert workplace.load() is None


@pytest.mark.parametrize(
    "damage", ["", "{", "[]", "null", "{}", '{"columns": [["a", "b"]]}', '{"columns": [], "size": 1, "surprise": 1}']
)
def test_a_damaged_state_is_said_to_be(workplace, damage):
    with workplace.occupied():
        workplace.rows.write_bytes(b"12345")
        workplace.save(STATE)
        (workplace.folder / "state.json").write_text(damage)
        with pytest.raises(ResumeError, match=r"state\.json is damaged .* Start afresh with --restart\."):
            workplace.load()


def test_rows_that_were_lost_are_said_to_be(workplace):
    with workplace.occupied():
        workplace.rows.write_bytes(b"1234")
        workplace.save(STATE)
        with pytest.raises(ResumeError, match=r"rows is shorter than the 5 bytes .* --restart"):
            workplace.load()


def test_without_rows_there_is_nothing_to_go_on_with(workplace):
    with workplace.occupied():
        workplace.save(STATE)
        assert workplace.load() is None


def test_what_is_published_is_the_output_and_nothing_else_is_left(workplace, tmp_path):
    (tmp_path / "out.csv").write_bytes(b"old")
    with workplace.occupied():
        workplace.rows.write_bytes(b"new")
        workplace.save(STATE)
        workplace.publish(workplace.rows)
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == {"out.csv": b"new"}


def test_every_difference_to_the_unfinished_run_is_named(tmp_path):
    before = {"input": "a", "model": "toy 1", "gone": "x"}
    state = State(before, ())
    check_same(state, dict(before), tmp_path)
    with pytest.raises(ResumeError) as refused:
        check_same(state, {"input": "a", "model": "toy 2", "new": "y"}, tmp_path)
    message = str(refused.value)
    assert "(model: toy 1, now toy 2; new: None, now y; gone: x, now None)" in message
    assert "--restart" in message
    assert "input" not in message


def test_the_state_is_plain_json(workplace):
    with workplace.occupied():
        workplace.save(STATE)
        assert json.loads((workplace.folder / "state.json").read_text())["position"] == {"line": 3, "offset": 40}
