"""A virtual environment for each peer, made once from its file of pinned versions, and never shared with ours."""

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]
CACHE = ROOT / ".bench"
_REQUIREMENTS = Path(__file__).parent / "requirements"
_STAMP = "requirements.txt"


class InstallationError(Exception):
    """A peer cannot be installed here."""


def requirements(name: str) -> Path:
    """The file of pinned versions of the environment `name`."""
    return _REQUIREMENTS / f"{name}.txt"


def interpreter(name: str, cache: Path = CACHE) -> Path:
    """The Python of the environment `name`, which is made where it is absent or of other versions.

    Raises `InstallationError` where pip cannot install it.
    """
    folder, wanted = cache / name, requirements(name).read_text()
    python, stamp = folder / "bin" / "python", folder / _STAMP
    if stamp.is_file() and stamp.read_text() == wanted:
        return python
    print(f"making the environment {name} in {folder} (takes minutes)", file=sys.stderr)
    subprocess.run([sys.executable, "-m", "venv", "--clear", str(folder)], check=True)
    options = ["--no-input", "--no-deps", "--disable-pip-version-check", "--requirement", str(requirements(name))]
    done = subprocess.run([str(python), "-m", "pip", "install", *options], check=False, capture_output=True, text=True)
    if done.returncode != 0:
        version = sys.version.split()[0]
        raise InstallationError(f"{name} cannot be installed with Python {version}: {done.stderr[-1000:]}")
    stamp.write_text(wanted)
    return python
