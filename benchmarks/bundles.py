"""The bundles in the box: the one that servers are compared with, and the newest, which a service begins with."""

import shutil
from pathlib import Path

from model.assets import assets_folder
from model.registry import Registry

REFERENCE_BUNDLE = assets_folder() / "bundles" / "spooky-authors" / "1"
"""Its network is small and known to every peer, so comparisons stay comparable when a newer one ships."""


def newest_bundle() -> Path:
    """The last version of the model in the box."""
    return max(REFERENCE_BUNDLE.parent.glob("[0-9]*"), key=lambda folder: int(folder.name))


def install(bundle: Path, models: Path) -> None:
    """Add a bundle to the registry at `models`, in its own version where the registry is empty, else in the next."""
    registry = Registry(models)
    version = None if registry.names() else int(bundle.name)
    registry.add(bundle.parent.name, lambda folder: _copy(bundle, folder), version=version)


def _copy(bundle: Path, folder: Path) -> None:
    shutil.copytree(bundle, folder, copy_function=shutil.copyfile, dirs_exist_ok=True)
