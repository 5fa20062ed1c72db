"""The registry: `<folder>/<name>/<version>/` are bundles, `<folder>/<name>/current` names the one that serves.

Versions are whole numbers, given once and never edited. `<folder>/<name>/promoted` lists those that served, for the
way back. It does not load anything; a reader takes a path from here.
"""

import contextlib
import re
import secrets
import shutil
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from types import EllipsisType

from model import durable
from model.bundle import SIGNATURE, sign, verify
from model.errors import RegistryError
from model.locking import exclusive

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
_STAGING = ".incoming-"
_REMOVED = ".removed-"
_ABANDONED_AFTER_S = 24 * 3600.0
_REMEMBERED = 100
"""Promotions; more than anybody goes back."""


@dataclass(frozen=True, slots=True)
class Registry:
    """The models below one folder; safe against several processes that write at once."""

    folder: Path

    def names(self) -> list[str]:
        """The models that have at least one version."""
        if not self.folder.is_dir():
            return []
        return sorted(p.name for p in self.folder.iterdir() if _NAME.fullmatch(p.name) and self.versions(p.name))

    def versions(self, name: str) -> list[int]:
        """The versions of a model, oldest first; none where there is no such model."""
        home = self.home(name)
        there = home.is_dir() and not home.is_symlink()
        return sorted(int(p.name) for p in home.iterdir() if _is_version(p)) if there else []

    def current(self, name: str) -> int | None:
        """The version that serves, the first until another is promoted; None where there is none.

        Raises `RegistryError` on a damaged pointer.
        """
        pointer = self.home(name) / "current"
        try:
            text = pointer.read_text(encoding="utf-8", errors="replace").strip()
        except FileNotFoundError:  # no version yet, or a writer was killed between the first one and the pointer
            return next(iter(self.versions(name)), None)
        if not _is_number(text):
            raise RegistryError(f"{pointer} holds {text[:20]!r}, not a version. Promote one: {_promote_hint(name)}")
        return int(text)

    def path(self, name: str, version: int) -> Path:
        """The folder of a version. Raises `RegistryError` where there is none.

        What a link leads to is elsewhere, and not in the registry.
        """
        home = self.home(name)
        path = home / str(version)
        if not path.is_dir() or path.is_symlink() or home.is_symlink():
            there = ", ".join(map(str, self.versions(name))) or "none"
            raise RegistryError(f"{self.folder}: {name} has no version {version}; there are: {there}.")
        return path

    def current_path(self, name: str) -> Path:
        """The folder of the version that serves. Raises `RegistryError` where there is none."""
        version = self.current(name)
        if version is None:
            raise RegistryError(self._no_model(name))
        return self.path(name, version)

    def add(self, name: str, fill: Callable[[Path], object], *, version: int | None = None) -> int:
        """Let `fill` write a bundle into an empty folder, verify it, and give it the next version.

        The first version of a model becomes current. `version` asks for one number, which must be free. Raises what
        `fill` raises, and `BundleError`; the registry is then as it was.
        """
        home = self.home(name)
        home.mkdir(parents=True, exist_ok=True)
        staging = home / f"{_STAGING}{secrets.token_hex(6)}"
        try:
            staging.mkdir()
            fill(staging)
            verify(staging)
            durable.sync_tree(staging)
            with self._lock(name):
                number = self._next(name) if version is None else version
                if (home / str(number)).exists():
                    raise RegistryError(f"{home / str(number)} exists already; versions are never replaced.")
                staging.rename(home / str(number))
                durable.sync_folder(home)
                if not (home / "current").exists():
                    durable.write_text(home / "current", f"{self.current(name)}\n")
                _sweep(home)
        finally:
            shutil.rmtree(staging, ignore_errors=True)
        return number

    def previous(self, name: str) -> int | None:
        """The version that served before the current one and is still there; None where there is none.

        Raises `RegistryError` on a damaged pointer.
        """
        current, promoted = self.current(name), self._promoted(name)
        if current in promoted:  # what follows was never served: its writer was killed before it wrote the pointer
            promoted = promoted[: len(promoted) - promoted[::-1].index(current)]
        there = set(self.versions(name)) - {current}
        return next((version for version in reversed(promoted) if version in there), None)

    def promote(
        self, name: str, version: int, *, instead_of: int | EllipsisType | None = ..., verified: bool = False
    ) -> None:
        """Make a version the current one, once its files are verified, unless the caller has just done so.

        Where `instead_of` is given, that has to be current now. Raises `RegistryError` where it is not, or where
        there is no such version, and `BundleError`; the registry is then as it was.
        """
        with self._lock(name):
            folder = self.path(name, version)
            if not verified:
                verify(folder)
            if instead_of is not ... and (now := self.current(name)) != instead_of:
                raise RegistryError(f"{name} {now} serves, not {instead_of}: another version was promoted meanwhile.")
            self._remember(name, version)
            durable.write_text(self.home(name) / "current", f"{version}\n")

    def sign(self, name: str, version: int) -> None:
        """Sign a version by the key of this process, once its files are verified; an older signature is replaced.

        Raises `RegistryError` where there is no such version, `ConfigError` where there is no key, and `BundleError`.
        """
        with self._lock(name):
            folder = self.path(name, version)
            aside = self.home(name) / f"{_STAGING}{secrets.token_hex(6)}"  # in the version it would be an unknown file
            try:
                aside.mkdir()
                sign(folder, aside / "signature")
                (aside / "signature").replace(folder / SIGNATURE)
                durable.sync_folder((folder / SIGNATURE).parent)
            finally:
                shutil.rmtree(aside, ignore_errors=True)

    def remove(self, name: str, version: int) -> None:
        """Delete a version, never the current one. Its number is not given again."""
        with self._lock(name):
            self.path(name, version)
            if self.current(name) == version:
                raise RegistryError(
                    f"{name} {version} is the version that serves; promote another before removing it: "
                    f"{_promote_hint(name)}"
                )
            doomed = self._hide(name, version)
        shutil.rmtree(doomed)

    def prune(self, name: str, keep: int) -> list[int]:
        """Delete all but the newest `keep` versions, the current one and the one before it; those that were deleted.

        Raises `RegistryError` where there is no such model, or on a damaged pointer.
        """
        with self._lock(name):
            versions = self.versions(name)
            kept = {*versions[max(0, len(versions) - keep) :], self.current(name), self.previous(name)}
            doomed = {version: self._hide(name, version) for version in versions if version not in kept}
        for folder in doomed.values():
            shutil.rmtree(folder)
        return list(doomed)

    def home(self, name: str) -> Path:
        """The folder of a model, there or not. Raises `RegistryError` where `name` is no name."""
        if not _NAME.fullmatch(name):
            raise RegistryError(
                f"{name[:80]!r} is no name for a model: up to 64 letters, digits, '.', '_' and '-', "
                "the first a letter or digit."
            )
        return self.folder / name

    def _promoted(self, name: str) -> list[int]:
        """The versions that were promoted, the last one last. Lines that are no versions are passed over."""
        try:
            lines = (self.home(name) / "promoted").read_text(encoding="utf-8", errors="replace").split()
        except FileNotFoundError:
            return []
        return [int(line) for line in lines if _is_number(line)]

    def _remember(self, name: str, version: int) -> None:
        """Write down that `version` follows the current one, before the pointer says so."""
        try:
            before = self.current(name)
        except RegistryError:  # a damaged pointer, which is about to be replaced
            before = None
        if before == version:
            return
        promoted = self._promoted(name)
        if before is not None and promoted[-1:] != [before]:
            promoted.append(before)
        lines = (f"{each}\n" for each in [*promoted, version][-_REMEMBERED:])
        durable.write_text(self.home(name) / "promoted", "".join(lines))

    def _hide(self, name: str, version: int) -> Path:
        """Take a version out of the registry; the folder it returns is yet to be deleted."""
        path = self.path(name, version)
        if version == self._next(name) - 1:  # the highest number given says which comes next
            durable.write_text(path.with_name(f"{_REMOVED}{version}"), "")
        doomed = path.with_name(f"{_STAGING}{secrets.token_hex(6)}")
        path.rename(doomed)
        return doomed

    def _next(self, name: str) -> int:
        home = self.home(name)
        removed = [int(n) for p in home.glob(f"{_REMOVED}*") if _is_number(n := p.name.removeprefix(_REMOVED))]
        return max([0, *self.versions(name), *removed]) + 1

    def _no_model(self, name: str) -> str:
        return f"{self.folder} has no model {name!r}; there are: {', '.join(self.names()) or 'none'}."

    @contextlib.contextmanager
    def _lock(self, name: str) -> Iterator[None]:
        home = self.home(name)
        if not home.is_dir():
            raise RegistryError(self._no_model(name))
        with exclusive(home):
            yield


def _is_number(text: str) -> bool:
    return text.isascii() and text.isdigit() and not text.startswith("0")


def _is_version(path: Path) -> bool:
    return _is_number(path.name) and path.is_dir() and not path.is_symlink()


def _promote_hint(name: str) -> str:
    return f"python -m app models promote VERSION --name {name}"


def _sweep(home: Path) -> None:
    """Delete what a writer that was killed left behind, once nobody can still be writing it."""
    for path in home.glob(f"{_STAGING}*"):
        if time.time() - path.stat().st_mtime > _ABANDONED_AFTER_S:
            shutil.rmtree(path, ignore_errors=True)
