"""A registry in a bucket, followed by a local one: `<url>/<name>/<version>/…` and `<url>/<name>/current`.

Whatever fsspec opens, such as s3://, gs:// or file://. A version is copied aside, verified by its own hashes, and given
its number at once; then the pointer follows. Nothing is written to the bucket.
"""

import asyncio
import importlib
import importlib.util
import logging
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from app.errors import StartError
from model.errors import RegistryError, TercetError
from model.registry import Registry

EVERY_S = 5.0
"""How often the bucket is asked."""
_LONGEST_POINTER = 32

logger = logging.getLogger(__name__)


class Mirror:
    """Brings what serves in a bucket into the registry in a folder. Blocks, except where it says otherwise."""

    def __init__(self, url: str, folder: Path, keep_versions: int) -> None:
        """Raises `StartError` where fsspec, or what it needs for this kind of address, is not installed."""
        self._url, self._registry, self._keep = url, Registry(folder), keep_versions
        self._files, self._root = _opened(url)
        self._said = ""

    def begin(self) -> None:
        """The first look. Where it fails, the versions that are here already serve; raises `StartError` without one."""
        try:
            self.look()
        except (TercetError, OSError) as error:
            if not self._registry.names():
                raise StartError(f"No model came from {self._url} (TERCET_MODELS_URL): {error}") from error
            self._warn(error)

    async def follow_for_ever(self) -> None:
        """Look again and again, in a thread; where that fails, the log says so once and what is here goes on."""
        while True:
            await asyncio.sleep(EVERY_S)
            try:
                await asyncio.to_thread(self.look)
                self._said = ""
            except Exception as error:  # noqa: BLE001 - each kind of bucket has its own
                self._warn(error)

    def look(self) -> None:
        """Have here the version that each model's pointer in the bucket names, and point at it.

        Raises `RegistryError`, `BundleError` or `OSError`; the models before it in the alphabet have followed then.
        """
        self._files.invalidate_cache()
        names = list(self._names())
        if not names:
            raise RegistryError(f"{self._url} has no folder of a model with a file `current`.")
        for name in names:
            self._follow(name)

    def _names(self) -> Iterator[str]:
        for path in sorted(self._files.ls(self._root, detail=False)):
            if self._files.exists(f"{path}/current"):
                yield path.rstrip("/").rpartition("/")[2]

    def _follow(self, name: str) -> None:
        registry, version = self._registry, self._named(name)
        if version not in registry.versions(name):
            self._copy(name, version)
        if self._current(name) != version:
            registry.promote(name, version, verified=True)
            registry.prune(name, self._keep)

    def _named(self, name: str) -> int:
        text = self._files.cat_file(f"{self._root}/{name}/current", end=_LONGEST_POINTER)
        try:
            return int(text.decode("ascii"))
        except ValueError:
            raise RegistryError(
                f"{self._url}/{name}/current holds {text[:20]!r}; the number of a version has to be in it."
            ) from None

    def _current(self, name: str) -> int | None:
        try:
            return self._registry.current(name)
        except RegistryError:  # a damaged pointer, which is about to be replaced
            return None

    def _copy(self, name: str, version: int) -> None:
        try:
            self._registry.add(name, lambda aside: self._fetch(name, version, aside), version=version)
        except RegistryError:
            if version not in self._registry.versions(name):  # otherwise another replica on this disk was faster
                raise
        else:
            logger.info("Copied %s %d from %s", name, version, self._url)

    def _fetch(self, name: str, version: int, aside: Path) -> None:
        source = f"{self._root}/{name}/{version}"
        for path in self._files.find(source):
            target = aside / path.removeprefix(f"{source}/")
            target.parent.mkdir(parents=True, exist_ok=True)
            self._files.get_file(path, str(target))

    def _warn(self, error: Exception) -> None:
        if str(error) != self._said:
            logger.warning("What was copied from %s goes on as it is: %s", self._url, error)
            self._said = str(error)


def _opened(url: str) -> tuple[Any, str]:
    if importlib.util.find_spec("fsspec") is None:
        raise StartError(
            "TERCET_MODELS_URL needs fsspec. Install the extra `ray`, for example: pip install 'tercet[ray]'."
        )
    core = importlib.import_module("fsspec.core")  # an extra, without types

    try:
        files, root = core.url_to_fs(url)
    except (ImportError, ValueError) as error:
        raise StartError(f"TERCET_MODELS_URL={url}: {error}") from error
    return files, root.rstrip("/")
