"""scripts/venv.py as `make` runs it, with a package made here and no network."""

import ast
import hashlib
import importlib.util
import os
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

SCRIPT = Path(__file__).parents[2] / "scripts" / "venv.py"
OTHER_INTERPRETER = (
    "import runpy, sys; {change}; sys.argv = ['venv.py', 'serve']; runpy.run_path({script!r}, run_name='__main__')"
)


def wheel(folder: Path, name: str, version: str) -> str:
    """Write a wheel with one module; the lock file's lines for it."""
    path = folder / f"{name}-{version}-py3-none-any.whl"
    about = f"{name}-{version}.dist-info"
    contents = {
        f"{name}.py": f"version = {version!r}\n",
        f"{about}/METADATA": f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n",
        f"{about}/WHEEL": "Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
        f"{about}/RECORD": f"{name}.py,,\n{about}/METADATA,,\n{about}/WHEEL,,\n{about}/RECORD,,\n",
    }
    with zipfile.ZipFile(path, "w") as archive:
        for member, text in contents.items():
            archive.writestr(member, text)
    return f"{name}=={version} \\\n    --hash=sha256:{hashlib.sha256(path.read_bytes()).hexdigest()}\n"


class Project:
    """A folder with lock files and wheels to install them from, and nothing else to be had."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.python = folder / ".venv" / "bin" / "python"
        self.stamp = folder / ".venv" / "tercet.lock"
        self.wheels = folder / "wheels"
        self.wheels.mkdir(exist_ok=True)
        (folder / "requirements").mkdir(exist_ok=True)

    def lock(self, name: str, *lines: str) -> None:
        (self.folder / "requirements" / f"{name}.lock").write_text("".join(lines))

    def start(self, name: str, *arguments: str) -> subprocess.Popen[str]:
        environment = {**os.environ, "PIP_NO_INDEX": "1", "PIP_FIND_LINKS": str(self.wheels), "PIP_NO_CACHE_DIR": "1"}
        command = [sys.executable, str(SCRIPT), name, *arguments]
        return subprocess.Popen(
            command, cwd=self.folder, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )

    def run(self, name: str, *arguments: str) -> tuple[int, list[str], str]:
        """Exit status, lines of output, and all of standard error."""
        process = self.start(name, *arguments)
        output, errors = process.communicate(timeout=120)
        return process.returncode, output.splitlines(), errors

    def version_of(self, module: str) -> str:
        code = f"import {module}; print({module}.version)"
        return subprocess.run([self.python, "-c", code], capture_output=True, text=True, check=False).stdout.strip()


@pytest.fixture(scope="module")
def made(tmp_path_factory) -> tuple[Project, list[str]]:
    """A project whose serve.lock two processes installed at once, and all that they printed."""
    project = Project(tmp_path_factory.mktemp("made"))
    first = wheel(project.wheels, "first", "1.0")
    project.lock("serve", first)
    project.lock("dev", first, wheel(project.wheels, "second", "2.0"))
    both = [project.start("serve"), project.start("serve")]
    printed = [process.communicate(timeout=120)[0].splitlines() for process in both]
    assert [process.returncode for process in both] == [0, 0]
    return project, [line for lines in printed for line in lines]


@pytest.fixture
def project(made, tmp_path) -> Project:
    """A copy of that project, to spoil."""
    shutil.copytree(made[0].folder, tmp_path, symlinks=True, dirs_exist_ok=True)
    return Project(tmp_path)


@pytest.fixture
def commands(project, monkeypatch) -> Callable[[str], list[list[str]]]:
    """The commands that an installation of a lock file would run; each succeeds and does nothing."""
    spec = importlib.util.spec_from_file_location("venv_script", SCRIPT)
    assert spec is not None
    assert spec.loader is not None
    script = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(script)

    def planned(name: str, *, same_python: bool = False) -> list[list[str]]:
        ran: list[list[str]] = []
        monkeypatch.setattr(script, "run", lambda *command: ran.append(list(command[1:4])))
        monkeypatch.chdir(project.folder)
        script.ensure(Path("requirements", f"{name}.lock"), Path(".venv"), same_python)
        return ran

    return planned


MAKE_ANEW = [["-m", "venv", "--clear"], ["-m", "pip", "install"]]
ADD = [["-m", "pip", "install"]]


def test_two_at_once_take_turns_and_one_installs(made):
    project, printed = made
    assert printed == [
        "installing requirements/serve.lock into .venv (the first time takes minutes)",
        ".venv is ready",
    ]
    assert project.version_of("first") == "1.0"
    assert project.version_of("second") == ""


def test_a_second_run_does_nothing_and_needs_nothing(project):
    shutil.rmtree(project.wheels)
    before = {path: path.lstat().st_mtime_ns for path in (project.folder / ".venv").rglob("*")}
    assert project.run("serve") == (0, [], "")
    assert {path: path.lstat().st_mtime_ns for path in (project.folder / ".venv").rglob("*")} == before


def test_a_lock_file_that_adds_is_added_and_then_satisfies_the_smaller_one(project):
    kept = project.folder / ".venv" / "kept"
    kept.touch()
    assert project.run("dev")[0] == 0
    assert (project.version_of("first"), project.version_of("second")) == ("1.0", "2.0")
    assert kept.exists()
    assert project.run("serve") == (0, [], "")


def test_another_version_is_installed_into_a_new_venv(project):
    left_behind = project.folder / ".venv" / "left-behind"
    left_behind.touch()
    project.lock("serve", wheel(project.wheels, "first", "1.1"))
    assert project.run("serve")[0] == 0
    assert project.version_of("first") == "1.1"
    assert not left_behind.exists()


def test_a_package_that_does_not_match_its_hash_is_refused_and_nothing_is_stamped(project, commands):
    expected = wheel(project.wheels, "second", "2.0")
    (project.wheels / "second-2.0-py3-none-any.whl").write_bytes(b"something else")
    project.lock("dev", (project.folder / "requirements" / "serve.lock").read_text(), expected)
    status, output, errors = project.run("dev")
    assert status == 1
    assert ".venv is ready" not in output
    assert errors.splitlines()[-1] == "the installation stopped (-m pip: exit status 1); run it again"
    assert not project.stamp.exists()
    assert commands("serve") == MAKE_ANEW


def test_an_interrupted_installation_is_made_anew(project, commands):
    project.stamp.unlink()
    assert commands("serve") == MAKE_ANEW
    assert commands("serve") == []


def test_a_lock_file_with_less_than_is_installed_needs_nothing(project, commands):
    assert commands("dev") == ADD
    assert commands("serve") == []


def test_a_venv_whose_interpreter_is_gone_is_made_anew(project, commands):
    project.python.unlink()
    assert commands("serve") == MAKE_ANEW


@pytest.mark.parametrize(
    ("version", "same_python", "expected"),
    [("3 10", False, MAKE_ANEW), ("3 12", False, []), ("3 99", True, MAKE_ANEW), ("3 99", False, MAKE_ANEW)],
)
def test_a_venv_of_another_python_is_kept_where_it_will_do(project, commands, version, same_python, expected):
    project.python.unlink()
    project.python.write_text(f"#!/bin/sh\necho {version}\n")
    project.python.chmod(0o755)
    assert commands("serve", same_python=same_python) == expected


def test_an_unknown_lock_file_is_named(project):
    assert project.run("nothing") == (1, [], "requirements/nothing.lock: no such lock file\n")


def test_a_folder_that_cannot_be_written_is_named(project):
    (project.folder / "file").touch()
    status, output, errors = project.run("serve", "--venv", "file/.venv")
    assert (status, output) == (1, [])
    assert errors == "[Errno 20] Not a directory: 'file/.venv.lock'\n"


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ("sys.version_info = (3, 10, 4, 'final', 0)", "Tercet needs Python 3.11, 3.12 or 3.13"),
        ("sys.version_info = (3, 14, 0, 'final', 0)", "Tercet needs Python 3.11, 3.12 or 3.13"),
        ("import importlib.util as u; u.find_spec = lambda name: None", "apt-get install python3-venv"),
        ("import platform; platform.machine = lambda: 'riscv64'", "64-bit Linux (x86_64, aarch64) and macOS (arm64)"),
        ("import platform; platform.libc_ver = lambda: ('', '')", "TensorFlow needs glibc"),
    ],
)
def test_an_interpreter_that_will_not_do_is_refused_in_one_line(tmp_path, change, said):
    code = OTHER_INTERPRETER.format(change=change, script=str(SCRIPT))
    done = subprocess.run([sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    (line,) = done.stderr.splitlines()
    assert said in line
    assert sys.executable in line
    assert list(tmp_path.iterdir()) == []


def test_old_interpreters_can_read_the_script():
    assert ast.parse(SCRIPT.read_text("utf-8"), feature_version=(3, 6)).body
