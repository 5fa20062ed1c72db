"""What `make` would run; only `make help` and a refusal are carried out."""

import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from tests import chromium, postgres, servers
from tests.clients import environment
from tests.deploy import kubectl

ROOT = Path(__file__).parents[2]
MAKEFILE = (ROOT / "Makefile").read_text("utf-8")
OWN = ("MAKEFLAGS", "MFLAGS", "MAKELEVEL", "MAKEOVERRIDES", "HOST", "PORT", "PYTHON", "ARGS", "DATA", "LOCK", "VECTORS")
PROGRAMS = {
    "postgres": "Postgres",
    "redis": "Redis",
    "haproxy": "HAProxy",
    "browser": "Chromium",
    "kubectl": "kubectl",
    "promtool": "promtool",
    "clients": "The environment of tests/clients",
}
LEFT_OUT = "".join(f" and not {marker}" for marker in PROGRAMS)
SAID = "".join(f"{name} is not installed: the tests that need it are left out.\n" for name in PROGRAMS.values())


def make(*arguments, **environment):
    plain = {key: value for key, value in os.environ.items() if key not in OWN}
    return subprocess.run(
        ["make", *arguments], cwd=ROOT, env={**plain, **environment}, capture_output=True, text=True, check=False
    )


def last_command(*arguments, **environment):
    done = make("--dry-run", *arguments, **environment)
    assert done.returncode == 0, done.stderr
    return " ".join(done.stdout.replace("\\\n", " ").splitlines()[-1].split())


def test_help_is_the_default_and_lists_every_target():
    (phony,) = re.findall(r"^\.PHONY: (.*)$", MAKEFILE, re.MULTILINE)
    listed = [line.split()[1] for line in make().stdout.splitlines()]
    assert listed == phony.split()


def test_serve_leaves_host_and_port_to_the_settings():
    assert last_command("serve") == "exec env .venv/bin/python -m app"


@pytest.mark.parametrize(
    ("arguments", "environment"), [(["HOST=::1", "PORT=81"], {}), ([], {"HOST": "::1", "PORT": "81"})]
)
def test_serve_takes_host_and_port(arguments, environment):
    expected = "exec env TERCET_HOST='::1' TERCET_PORT='81' .venv/bin/python -m app"
    assert last_command("serve", *arguments, **environment) == expected


def test_test_leaves_out_what_needs_more_than_the_repository():
    chosen = '"not acceptance and not docker$(.venv/bin/python -m tests.servers)"'
    processes = "--numprocesses $(($(getconf _NPROCESSORS_ONLN) + 1)) --maxprocesses 3"
    order = "--dist loadfile --no-loadscope-reorder"
    assert last_command("test", "ARGS=-x") == f".venv/bin/python -m pytest {processes} {order} -m {chosen} -x"


@pytest.mark.parametrize(("there", "said"), [(True, ("", "")), (False, (LEFT_OUT, SAID))])
def test_tests_of_servers_are_left_out_only_where_these_are_not_installed(monkeypatch, capsys, there, said):
    monkeypatch.setattr(postgres, "programs", lambda: Path("/somewhere") if there else None)
    monkeypatch.setattr(kubectl, "program", lambda: Path("/somewhere") if there else None)
    monkeypatch.setattr(environment, "wanted", lambda: there)
    monkeypatch.setattr(shutil, "which", lambda name, **_: f"/somewhere/{name}" if there else None)
    servers.main()
    assert tuple(capsys.readouterr()) == said


def test_a_browser_of_another_name_is_taken_from_the_environment(monkeypatch):
    monkeypatch.setenv(chromium.VARIABLE, "brave")
    monkeypatch.setattr(shutil, "which", lambda name: f"/somewhere/{name}")
    assert chromium.program() == "/somewhere/brave"


def test_train_takes_data_vectors_and_name():
    given = ("DATA=my texts.csv", "VECTORS=glove.6B.zip", "NAME=mine", "ARGS=--epochs 3")
    expected = "--data 'my texts.csv' --vectors 'glove.6B.zip' --name 'mine' --epochs 3"
    assert last_command("train", *given) == f".venv/bin/python -m training train {expected}"


def test_train_takes_no_name_from_the_environment():
    command = last_command("train", "DATA=a.csv", NAME="this-machine")
    assert command == ".venv/bin/python -m training train --data 'a.csv'"


def test_train_without_data_says_so_before_anything_is_installed():
    done = make("train")
    assert done.stdout == ""
    assert done.stderr.splitlines()[0] == "make train needs DATA=, for example: make train DATA=texts.csv"
    assert done.returncode == 2


@pytest.mark.parametrize(
    ("arguments", "lock"),
    [
        (["serve"], "train"),
        (["serve", "LOCK=serve"], "serve"),
        (["serve", "LOCK=gpu"], "gpu"),
        (["train", "DATA=a.csv"], "train"),
        (["train", "DATA=a.csv", "LOCK=gpu"], "gpu"),
        (["test"], "dev"),
    ],
)
def test_a_service_can_retrain_unless_told_to_install_less(arguments, lock):
    assert f"sh scripts/setup.sh {lock}\n" in make("--dry-run", *arguments).stdout
