"""Runs with a name: however often such a run is started again, it ends in one version.

The version says which run it is of (`training.run` in bundle.json), and a lock keeps two processes from the same run.
"""

import contextlib
import re
import shutil
import time
from collections.abc import Iterator
from pathlib import Path

from model.bundle import MANIFEST
from model.errors import BundleError, ConfigError
from model.locking import exclusive
from model.manifest import unseal
from model.registry import Registry

_NAME = re.compile(r"[A-Za-z0-9_-]{1,64}")
_CHECKPOINTS = ".checkpoints"
_FORGOTTEN_AFTER_S = 30 * 24 * 3600.0


@contextlib.contextmanager
def run_folder(registry: Registry, name: str, run: str | None) -> Iterator[Path]:
    """The folder for the checkpoints of a run; a named run has one of its own, which no other process shares, and
    which is gone after success. Waits while another process is at the same run. Raises `ConfigError`.
    """
    folder = registry.home(name) / _CHECKPOINTS
    if run is None:
        yield folder
        return
    if not _NAME.fullmatch(run):
        raise ConfigError(f"{run[:80]!r} is no name for a run: up to 64 letters, digits, '_' and '-'.")
    own = folder / run
    own.mkdir(parents=True, exist_ok=True)
    _sweep(folder)
    done = False
    try:
        with exclusive(own):
            yield own
            done = True
    finally:
        if done or not any(own.glob("*.checkpoint")):
            shutil.rmtree(own, ignore_errors=True)
            with contextlib.suppress(OSError):  # another run keeps its checkpoint in it
                folder.rmdir()


def find_version(registry: Registry, name: str, run: str | None) -> int | None:
    """The version that this run registered before it was killed; None where it did not get so far."""
    if run is None:
        return None
    return next((each for each in reversed(registry.versions(name)) if _run_of(registry.path(name, each)) == run), None)


def _run_of(folder: Path) -> object:
    try:
        manifest = unseal((folder / MANIFEST).read_text(encoding="utf-8"), str(folder))
    except (OSError, ValueError, BundleError):  # a broken version is of no run that could go on
        return None
    return manifest.training.get("run")


def _sweep(folder: Path) -> None:
    """Delete the checkpoints of named runs that nobody came back to, such as those of jobs that were cancelled."""
    for own in folder.iterdir():
        if own.is_dir() and time.time() - own.stat().st_mtime > _FORGOTTEN_AFTER_S:
            shutil.rmtree(own, ignore_errors=True)
