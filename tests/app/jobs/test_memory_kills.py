"""Processes that the kernel killed for lack of memory."""

import pytest

from app.jobs import memory_kills

EVENTS = "low 0\nhigh 0\nmax 7\noom 3\noom_kill 2\noom_group_kill 1\n"


@pytest.fixture
def files(tmp_path, monkeypatch):
    """Have the kernel's files in `tmp_path`."""
    paths = tuple(tmp_path / name for name in ("vmstat", "memory.events"))
    monkeypatch.setattr(memory_kills, "_EVERYWHERE", paths)
    monkeypatch.setattr(memory_kills, "_own_group", lambda: tmp_path / "own")
    (tmp_path / "own").mkdir()
    return tmp_path


def test_the_counters_are_added(files):
    (files / "vmstat").write_text("pgfault 12\noom_kill 5\nswap_ra 0\n")
    (files / "memory.events").write_text(EVENTS)
    (files / "own" / "memory.events").write_text(EVENTS)
    assert memory_kills.count() == 9


def test_counters_that_are_not_there_count_nothing(files):
    assert memory_kills.count() == 0


def test_this_machine_has_a_counter():
    assert "oom_kill" in memory_kills._text(memory_kills._EVERYWHERE[0])
    assert memory_kills._own_group().is_absolute()
