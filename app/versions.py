"""What the registry holds of a model, in short and in full. Reads manifests, and looks whether their files are there.

Blocks: call it in a thread. It hashes nothing but a report; a version is verified when it is loaded.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from app.errors import ConflictError, NotFoundError
from app.schemas import ModelFacts
from model.bundle import MANIFEST, REPORT, read_file, read_manifest
from model.errors import BundleError, RegistryError
from model.manifest import DAMAGED, Manifest
from model.registry import Registry

HEADLINE = ("accuracy", "macro_f1", "log_loss", "expected_calibration_error")
_CACHED = 1024
_REPORT = f"{REPORT}/report.html"


@dataclass(frozen=True, slots=True)
class Versions:
    """The versions of model `name`, of which `serving` serves."""

    registry: Registry
    name: str
    serving: int

    def all(self) -> list[dict[str, Any]]:
        """A `ModelVersion` for each, the newest first."""
        previous = self._previous()
        return [self._summary(version, previous) for version in reversed(self.registry.versions(self.name))]

    def one(self, version: int) -> dict[str, Any]:
        """The `StoredModel` of a version. Raises `NotFoundError`, and `ConflictError` where it is damaged."""
        manifest = self._manifest(version)
        facts = manifest.model_dump(mode="json", include=set(ModelFacts.model_fields))
        own = {
            "name": self.name,
            "version": version,
            "label_names": display_names(manifest),
            "verdict": verdict(manifest),
            "size_bytes": _size(manifest),
            "report": _REPORT in manifest.files,
        }
        return facts | own | self._standing(version, self._previous())

    def report(self, version: int) -> bytes:
        """The HTML of a version's training report. Raises as `one` does, and `NotFoundError` where it has none."""
        manifest = self._manifest(version)
        if _REPORT not in manifest.files:
            raise NotFoundError(f"{self.name} {version} has no training report.")
        try:
            return read_file(self.registry.home(self.name) / str(version), _REPORT, manifest)
        except BundleError as error:
            raise ConflictError(str(error)) from error

    def _manifest(self, version: int) -> Manifest:
        try:
            return _manifest(self.registry.path(self.name, version))
        except RegistryError as error:
            raise NotFoundError(str(error)) from error
        except (BundleError, OSError) as error:
            raise ConflictError(str(error)) from error

    def _summary(self, version: int, previous: int | None) -> dict[str, Any]:
        manifest, problem = self._read(version)
        return {
            "version": version,
            **self._standing(version, previous),
            "created_at": manifest and manifest.created_at,
            "preset": manifest and manifest.preset,
            "labels": manifest and manifest.labels,
            "metrics": manifest and headline(manifest),
            "verdict": manifest and verdict(manifest),
            "size_bytes": manifest and _size(manifest),
            "report": manifest is not None and _REPORT in manifest.files,
            "problem": problem,
        }

    def _read(self, version: int) -> tuple[Manifest | None, str | None]:
        """The manifest, unless it is damaged, and what is wrong with the version."""
        folder = self.registry.home(self.name) / str(version)
        try:
            manifest = _manifest(folder)
            return manifest, _problem(folder, manifest)
        except (BundleError, OSError) as error:
            return None, str(error)

    def _standing(self, version: int, previous: int | None) -> dict[str, bool]:
        return {"serving": version == self.serving, "previous": version == previous}

    def _previous(self) -> int | None:
        try:
            return self.registry.previous(self.name)
        except RegistryError:  # a damaged pointer
            return None


def display_names(manifest: Manifest) -> dict[str, str]:
    """What to call each label in front of people: the name that the bundle has for it, or the label itself."""
    return {label: manifest.label_names.get(label, label) for label in manifest.labels}


def headline(manifest: Manifest) -> dict[str, float]:
    """The few figures by which versions are told apart, as far as they are there."""
    return {name: value for name in HEADLINE if isinstance(value := manifest.metrics.get(name), int | float)}


def verdict(manifest: Manifest) -> str | None:
    """How the version compared with the one that served when it was trained, if it was compared."""
    comparison = manifest.metrics.get("comparison")
    found = comparison.get("verdict") if isinstance(comparison, Mapping) else None
    return found if isinstance(found, str) else None


def _manifest(folder: Path) -> Manifest:
    try:
        written = (folder / MANIFEST).stat()
    except FileNotFoundError:
        return read_manifest(folder)  # says what is missing
    return _cached(folder, written.st_ino, written.st_mtime_ns)


@lru_cache(maxsize=_CACHED)
def _cached(folder: Path, _inode: int, _written_ns: int) -> Manifest:
    return read_manifest(folder)


def _problem(folder: Path, manifest: Manifest) -> str | None:
    """The first file that is missing or of another size."""
    for name, expected in manifest.files.items():
        try:
            size_bytes = (folder / name).stat().st_size
        except FileNotFoundError:
            return f"{folder}: {name} is missing. {DAMAGED}"
        if size_bytes != expected.size_bytes:
            return f"{folder}: {name} has {size_bytes} bytes instead of {expected.size_bytes}. {DAMAGED}"
    return None


def _size(manifest: Manifest) -> int:
    return sum(file.size_bytes for file in manifest.files.values())
