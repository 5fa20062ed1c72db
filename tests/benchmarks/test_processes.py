"""Processes really started, with the do-nothing server as what they run."""

import json
import os
import sys
import time
from http.client import HTTPException
from pathlib import Path

import pytest

from app.schemas import Prediction
from benchmarks.peers.catalogue import DO_NOTHING
from benchmarks.processes import StartError, free_port, running, wait_until_answers

ANY_CORE = min(os.sched_getaffinity(0))


def started(folder, command):
    return running(command, 0, folder, ANY_CORE, {})


def has_ended(pid):
    """Whether it is gone within some seconds, or dead and only not yet buried by the system's first process."""
    for _ in range(100):
        stat = Path(f"/proc/{pid}/stat")
        if not stat.exists() or stat.read_text().rpartition(")")[2].split()[0] == "Z":
            return True
        time.sleep(0.05)
    return False


def test_the_do_nothing_server_answers_by_the_schema_of_predict(tmp_path):
    port = free_port()
    with running(DO_NOTHING.command(port, tmp_path), port, tmp_path, ANY_CORE, {}) as server:
        wait_until_answers(server, tmp_path, DO_NOTHING.path, DO_NOTHING.ask("a text"))
        answer = server.post("/predict", {"text": "a text"})
        assert Prediction.model_validate(answer, strict=True).model_dump() == answer
        with pytest.raises(HTTPException, match="422"):
            server.post("/predict", {"texts": ["a text"]})
        assert server.memory_mb() > 10
        assert server.own_memory_mb() == pytest.approx(server.memory_mb(), rel=0.1)
        assert os.sched_getaffinity(server.process.pid) == {ANY_CORE}
    assert server.process.returncode is not None


def test_what_a_server_started_is_counted_and_ended_with_it(tmp_path):
    child = "import os, time; kept = b'x' * (64 << 20); os.setsid(); print(os.getpid(), flush=True); time.sleep(600)"
    parent = f"import subprocess, sys; subprocess.run([sys.executable, '-c', {child!r}])"
    with started(tmp_path, [sys.executable, "-c", parent]) as server:
        while not (line := (tmp_path / "server.log").read_text()).endswith("\n"):
            pass
        child_pid = int(line)
        assert child_pid != server.process.pid
        assert server.memory_mb() > server.own_memory_mb() + 50
    assert has_ended(child_pid)


def test_a_server_that_ends_at_once_says_why(tmp_path):
    with (
        started(tmp_path, [sys.executable, "-c", "raise SystemExit('no such thing')"]) as server,
        pytest.raises(StartError, match="no such thing"),
    ):
        wait_until_answers(server, tmp_path, "/", {})


def test_settings_of_the_service_are_not_inherited(tmp_path, monkeypatch):
    monkeypatch.setenv("TERCET_MODEL", "another")
    code = "import json, os; print(json.dumps(dict(os.environ)), flush=True)"
    with running([sys.executable, "-c", code], 0, tmp_path, None, {"TERCET_PORT": "1"}) as server:
        server.process.wait()
    variables = json.loads((tmp_path / "server.log").read_text())
    assert {name for name in variables if name.startswith("TERCET_")} == {"TERCET_PORT"}
