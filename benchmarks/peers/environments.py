"""A virtual environment for each peer, made once from its file of pinned versions, and never shared with ours."""

import subprocess
import sys
import venv
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
    venv.create(folder, clear=True, with_pip=True)
    options = ["--quiet", "--no-input", "--no-deps", "--disable-pip-version-check"]
    command = [str(python), "-m", "pip", "install", *options, "--requirement", str(requirements(name))]
    if subprocess.run(command, check=False).returncode != 0:
        raise InstallationError(f"{name} cannot be installed from {requirements(name)} with {sys.version.split()[0]}")
    stamp.write_text(wanted)
    return python
