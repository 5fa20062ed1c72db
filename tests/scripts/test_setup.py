"""scripts/setup.sh: which interpreter it hands over to, in a folder where only stand-ins are to be had."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

SCRIPTS = Path(__file__).parents[2] / "scripts"
SHELL = shutil.which("sh") or "sh"
FAILS = "exit 127"
TOO_OLD = 'case "$1" in -c) case "$2" in *3,\\ 11*) exit 1;; esac;; *) echo "too old runs $*";; esac'
NO_ENSUREPIP = 'case "$1" in -c) case "$2" in *ensurepip*) exit 1;; esac;; *) echo "bare runs $*";; esac'
FITS = 'case "$1" in -c) ;; *) echo "fitting runs $*";; esac'


@pytest.fixture
def setup(tmp_path):
    shutil.copytree(SCRIPTS, tmp_path / "scripts", ignore=shutil.ignore_patterns("__pycache__"))
    programs = tmp_path / "bin"
    programs.mkdir()
    (programs / "dirname").symlink_to(shutil.which("dirname") or "dirname")

    def run(interpreters, **environment):
        for name, body in interpreters.items():
            (programs / name).write_text(f"#!{SHELL}\n{body}\n")
            (programs / name).chmod(0o755)
        plain = {key: value for key, value in os.environ.items() if key != "PYTHON"}
        return subprocess.run(
            [SHELL, "scripts/setup.sh", "serve"],
            cwd=tmp_path,
            env={**plain, "PATH": str(programs), **environment},
            capture_output=True,
            text=True,
            check=False,
        )

    return run


@pytest.mark.parametrize(
    ("interpreters", "chosen"),
    [
        ({"python3.13": FAILS, "python3.12": FITS, "python3": TOO_OLD}, "fitting"),
        ({"python3.13": NO_ENSUREPIP, "python3.11": FITS}, "fitting"),
        ({"python3.13": NO_ENSUREPIP, "python3": TOO_OLD}, "bare"),
        ({"python3.11": FAILS, "python3": TOO_OLD}, "too old"),
        ({"python": FITS}, "fitting"),
    ],
)
def test_the_first_interpreter_that_runs_and_fits_is_taken(setup, interpreters, chosen):
    assert setup(interpreters).stdout == f"{chosen} runs scripts/venv.py serve\n"


def test_the_interpreter_asked_for_is_taken_and_the_venv_must_be_of_it(setup):
    done = setup({"python3.13": FITS, "mine": TOO_OLD}, PYTHON="mine")
    assert done.stdout == "too old runs scripts/venv.py --same-python serve\n"


@pytest.mark.parametrize("interpreters", [{}, {"python3.12": FAILS, "python3": FAILS}])
def test_no_interpreter_at_all_is_one_line(setup, interpreters):
    done = setup(interpreters)
    assert done.returncode == 1
    (line,) = done.stderr.splitlines()
    assert line.startswith("Tercet needs Python 3.11, 3.12 or 3.13; tried: python3.13 python3.12 python3.11")
