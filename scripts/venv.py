"""Makes `.venv` hold exactly what a lock file in `requirements/` names: `python scripts/venv.py serve`.

Does nothing, and needs no network, where that is so already. A stamp, a copy of the lock file, is written
into the venv last and removed first, so an interrupted installation is seen and made anew. Standard library
alone, and no syntax newer than Python 3.6, so that an interpreter that is too old still says so in one line.
"""

import argparse
import fcntl
import importlib.util
import platform
import subprocess
import sys
from pathlib import Path

OLDEST, NEWEST = (3, 11), (3, 13)  # TensorFlow 2.21 has wheels for these
PLATFORMS = (("Linux", "x86_64"), ("Linux", "aarch64"), ("Darwin", "arm64"))
STAMP = "tercet.lock"
PIP_OPTIONS = ("--require-hashes", "--no-deps", "--no-user", "--no-input", "--disable-pip-version-check")


class SetupError(Exception):
    """What is wrong and its remedy, in one line."""


def check_interpreter() -> None:
    """Raise SetupError where this interpreter or this machine cannot run Tercet."""
    major, minor = sys.version_info[:2]
    here = f"Python {major}.{minor} ({sys.executable})"
    if not OLDEST <= (major, minor) <= NEWEST:
        raise SetupError(f"{here}: Tercet needs Python 3.11, 3.12 or 3.13; name one with PYTHON=/path/to/python3")
    if (platform.system(), platform.machine()) not in PLATFORMS or sys.maxsize < 2**32:
        raise SetupError(f"{here}: TensorFlow is for 64-bit Linux (x86_64, aarch64) and macOS (arm64) only")
    if platform.system() == "Linux" and platform.libc_ver()[0] != "glibc":
        raise SetupError(f"{here}: TensorFlow needs glibc, which this Linux does not have (Debian and most others do)")
    if importlib.util.find_spec("ensurepip") is None:
        remedy = f"on Debian and Ubuntu: apt-get install python3-venv (or python{major}.{minor}-venv)"
        raise SetupError(f"{here} cannot make virtual environments; {remedy}")


def requirements(lock: Path) -> "set[str]":
    """Every requirement and every hash that a lock file names; none where there is no file."""
    if not lock.is_file():
        return set()
    return {line.strip(" \\") for line in lock.read_text(encoding="utf-8").splitlines()}


def works(venv: Path, same_python: bool) -> bool:
    """Whether the venv's interpreter runs, and is of a version that will do."""
    version = "import sys; print(*sys.version_info[:2])"
    try:
        answer = subprocess.check_output([str(venv / "bin" / "python"), "-c", version], stderr=subprocess.DEVNULL)
    except (OSError, subprocess.CalledProcessError):
        return False
    major, minor = map(int, answer.split())
    return (major, minor) == sys.version_info[:2] if same_python else OLDEST <= (major, minor) <= NEWEST


def run(*command: str) -> None:
    """Run a command that says itself what went wrong; SetupError where something did."""
    status = subprocess.call(command)
    if status != 0:
        raise SetupError(f"the installation stopped ({' '.join(command[1:3])}: exit status {status}); run it again")


def ensure(lock: Path, venv: Path, same_python: bool) -> None:
    """Install the lock file into the venv, unless it or a lock file that contains it is there."""
    if not lock.is_file():
        raise SetupError(f"{lock}: no such lock file")
    stamp = venv / STAMP
    wanted, installed = requirements(lock), requirements(stamp)
    if not works(venv, same_python):
        installed = set()
    if installed and wanted <= installed:
        return
    print(f"installing {lock} into {venv} (the first time takes minutes)", flush=True)
    if stamp.exists():
        stamp.unlink()
    # What is there is kept where the lock file only adds to it. Anything else is made anew, since pip would
    # leave behind what the lock file no longer names, and two TensorFlows share one folder.
    if not installed or not installed <= wanted:
        # The base interpreter makes it: this one may be the venv's own.
        run(getattr(sys, "_base_executable", sys.executable), "-m", "venv", "--clear", str(venv))
    run(
        str(venv / "bin" / "python"),
        "-m",
        "pip",
        "install",
        "--quiet",
        *PIP_OPTIONS,
        "--requirement",
        str(lock),
    )
    partial = venv / (STAMP + ".partial")
    partial.write_bytes(lock.read_bytes())
    partial.replace(stamp)
    print(f"{venv} is ready", flush=True)


def main() -> int:
    """Parse the command line; the answer is the exit status."""
    parser = argparse.ArgumentParser(description="Installs a lock file into a virtual environment.")
    parser.add_argument("name", help="serve, train, dev or gpu: the lock file to install")
    parser.add_argument("--requirements", type=Path, default=Path("requirements"), help="the lock files' folder")
    parser.add_argument("--venv", type=Path, default=Path(".venv"))
    parser.add_argument("--same-python", action="store_true", help="make anew a venv of another Python version")
    options = parser.parse_args()
    try:
        check_interpreter()
        with open(f"{options.venv}.lock", "w") as turn:
            fcntl.flock(turn, fcntl.LOCK_EX)  # two at once take turns
            ensure(options.requirements / f"{options.name}.lock", options.venv, options.same_python)
    except (SetupError, OSError) as error:
        print(error, file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("interrupted; the next run starts over", file=sys.stderr)
        return 130
    return 0


if __name__ == "__main__":
    sys.exit(main())
