"""Keys at the start of the service: the admin key, made at the first start where none was given, and weak ones."""

import contextlib
import os
import secrets
from pathlib import Path

from app.errors import StartError
from app.settings import Settings
from model.durable import sync_folder

_NAME = "admin-key"
_SHORT = 16
"""Characters; of letters and digits at random, 16 are beyond guessing, and what people make up is mostly shorter."""


def admin_keys(settings: Settings) -> tuple[str, ...]:
    """The keys that admin routes take: those of the settings, else the one that was made; none before that."""
    if settings.admin_keys:
        return settings.admin_keys
    key = _read(settings.data / _NAME)
    return (key,) if key else ()


def make_admin_key(settings: Settings, *, show: bool = True) -> str | None:
    """Make the admin key where one is needed and none is there; the line that shows it, this once, to a person.

    Without `show` the line says only where it is: logs that machines read are kept, and read by many.

    Several processes may do so at a time: one of them makes it. Raises `StartError` where it cannot be written, or
    what is there cannot be used.
    """
    path = settings.data / _NAME
    if settings.admin_keys or _read(path):
        return None
    key = secrets.token_urlsafe(32)
    try:
        made = _create(path, key)
    except OSError as error:
        raise StartError(f"The admin key {path} cannot be written ({error.strerror or error}).") from error
    if not made:
        return None
    if not show:
        return f"An admin key was made; it is kept in {path}"
    return f"Admin key, kept in {path} and not shown again; send it as `Authorization: Bearer {key}`"


def weak_keys(settings: Settings) -> list[str]:
    """A warning for each key in the settings that may be guessed; none of them shows it."""
    given = (("TERCET_API_KEYS", settings.api_keys), ("TERCET_ADMIN_KEYS", settings.admin_keys))
    return [
        f"Warning: key {number} of {name} has fewer than {_SHORT} characters; `openssl rand -hex 32` makes a good one."
        for name, keys in given
        for number, key in enumerate(keys, 1)
        if len(key) < _SHORT
    ]


def _create(path: Path, key: str) -> bool:
    """Write the key under another name and give it its own: it is there whole or not at all, and never replaced."""
    path.parent.mkdir(parents=True, exist_ok=True)
    sibling = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    descriptor = os.open(sibling, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with open(descriptor, "w", encoding="ascii") as file:  # noqa: PTH123 - a descriptor
            file.write(f"{key}\n")
            file.flush()
            os.fsync(descriptor)
        with contextlib.suppress(FileExistsError):
            path.hardlink_to(sibling)
            sync_folder(path.parent)
            return True
        return False
    finally:
        sibling.unlink()


def _read(path: Path) -> str | None:
    try:
        key = path.read_text(encoding="utf-8").strip()
    except FileNotFoundError:
        return None
    except (OSError, UnicodeDecodeError) as error:
        raise StartError(f"The admin key {path} cannot be read ({error}).") from error
    if not key:
        raise StartError(f"{path} is empty. Delete it, and the next start makes a new admin key.")
    return key
