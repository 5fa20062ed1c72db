"""The model in the box: where the registry is empty, the committed bundles are put into it as they are."""

import shutil
from functools import partial
from pathlib import Path

from app.errors import StartError
from model import durable
from model.bundle import SIGNATURE, sign
from model.locking import exclusive
from model.registry import Registry
from model.signature import signing_keys

DEFAULT_MODEL = "spooky-authors"
_ASIDE = ".incoming-box"


def install_default_model(models: Path, bundles: Path) -> None:
    """Copy each `<bundles>/<name>/<version>` into the registry at `models`, unless that holds a model already.

    The newest version of a model serves; the others are there to compare with, and to go back to. Several processes
    may do so at once. Raises `StartError` where the folder cannot be written, and `BundleError` where a bundle in the
    box is damaged; the registry is then without it.
    """
    registry = Registry(models)
    try:
        models.mkdir(parents=True, exist_ok=True)
        with exclusive(models):
            if not registry.names():
                _install(registry, bundles)
    except OSError as error:
        raise StartError(
            f"Cannot write to {models} (TERCET_DATA): {error.strerror or error}. "
            "Free it, or set TERCET_DATA to a folder that this user may write to."
        ) from error


def _install(registry: Registry, bundles: Path) -> None:
    """All versions of a model or none: they are put together aside, so that a start that is killed leaves nothing."""
    aside = Registry(registry.folder / _ASIDE)
    shutil.rmtree(aside.folder, ignore_errors=True)
    try:
        for bundle in _committed(bundles):
            aside.add(bundle.parent.name, partial(_copy, bundle), version=int(bundle.name))
        for name in aside.names():
            shutil.rmtree(registry.home(name), ignore_errors=True)  # without a version there is nothing in it to keep
            aside.home(name).rename(registry.home(name))
        durable.sync_folder(registry.folder)
    finally:
        shutil.rmtree(aside.folder, ignore_errors=True)


def _committed(bundles: Path) -> list[Path]:
    """The newest version first: the first of a model that the registry gets is the one that serves."""
    found = (path for path in bundles.glob("*/*") if path.is_dir() and path.name.isdigit())
    return sorted(found, key=lambda path: (path.parent.name, -int(path.name)))


def _copy(bundle: Path, folder: Path) -> None:
    """With a signature where there is a key: what is in the box is as trusted as the code beside it."""
    shutil.copytree(bundle, folder, copy_function=shutil.copyfile, dirs_exist_ok=True)
    if signing_keys():
        sign(folder, folder / SIGNATURE)
