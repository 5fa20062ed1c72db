"""The environment of requirements/clients.lock, which unmodified clients of other model servers run in."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]
FOLDER = ROOT / ".bench" / "clients"
SCRIPTS = Path(__file__).parent / "scripts"
_LOCK = ROOT / "requirements" / "clients.lock"
_STAMP = FOLDER / "tercet.lock"
_LONGEST_S = 120


def wanted() -> bool:
    """Whether tests should use it: it is there, or this is CI, which makes it."""
    return "CI" in os.environ or (_STAMP.is_file() and _STAMP.read_bytes() == _LOCK.read_bytes())


def interpreter() -> Path:
    """Its Python. It is made where it is absent or of other versions."""
    FOLDER.parent.mkdir(exist_ok=True)
    command: list[str | Path] = [sys.executable, ROOT / "scripts" / "venv.py", "clients", "--venv", FOLDER]
    # Half of the installation would go into compiling modules of which few are imported.
    subprocess.run(command, cwd=ROOT, env=os.environ | {"PIP_NO_COMPILE": "1"}, check=True)
    return FOLDER / "bin" / "python"


def run(script: str, *arguments: str) -> Any:
    """What a script of `scripts` prints, which is JSON."""
    return json.loads(printed(SCRIPTS / script, *arguments))


def printed(*arguments: str | Path) -> str:
    """What its Python prints, run with these arguments."""
    command: list[str | Path] = [interpreter(), *arguments]
    done = subprocess.run(command, capture_output=True, text=True, timeout=_LONGEST_S, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout
