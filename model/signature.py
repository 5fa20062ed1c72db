"""The signature of a bundle: HMAC-SHA256 over the bytes of bundle.json, by a key of TERCET_BUNDLE_KEY.

The key is read from the environment where a bundle is read or written, so that no caller can forget to ask for it:
with a key, every process that loads a bundle refuses one that is not signed. Without a key signatures are not checked.
"""

import hmac
import os
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from model import durable
from model.errors import BundleError, ConfigError

VARIABLE: Final = "TERCET_BUNDLE_KEY"
LEAST_CHARACTERS: Final = 32
_FORM = re.compile(rb"hmac-sha256:([0-9a-f]{64})\n")
_MOST_BYTES = 1024
_HINT = "If you trust it, sign it: python -m app models sign VERSION --name NAME. If not, delete it."


def parse_keys(text: str) -> tuple[str, ...]:
    """The keys in the value of TERCET_BUNDLE_KEY, separated by commas: the first signs, all of them verify.

    None in an empty value. Raises `ConfigError`, which shows no key.
    """
    if not text:
        return ()
    keys = tuple(key.strip() for key in text.split(","))
    for number, key in enumerate(keys, 1):
        if len(key) < LEAST_CHARACTERS:
            raise ConfigError(
                f"Key {number} of {VARIABLE} has {len(key)} characters; it needs {LEAST_CHARACTERS} or more. "
                "`openssl rand -hex 32` makes a good one."
            )
    return keys


def signing_keys() -> tuple[str, ...]:
    """The keys of this process; none where signatures are not asked for. Raises `ConfigError`."""
    return parse_keys(os.environ.get(VARIABLE, "").strip())


def write(path: Path, manifest: bytes, keys: Sequence[str]) -> None:
    """Write the signature of `manifest`, by the first of `keys`, to `path`."""
    durable.write_text(path, f"hmac-sha256:{_digest(keys[0], manifest)}\n")


def check(path: Path, manifest: bytes, keys: Sequence[str]) -> None:
    """Raises `BundleError` where the file at `path` is no signature of `manifest` by one of `keys`.

    Without keys it may be absent, or by a key that nobody here knows; it has to be a signature, even so.
    """
    try:
        with path.open("rb") as file:
            found = _FORM.fullmatch(file.read(_MOST_BYTES))
    except FileNotFoundError:
        if keys:
            raise BundleError(f"{path.parent.parent} is not signed, and {VARIABLE} is set. {_HINT}") from None
        return
    if found is None:
        raise BundleError(f"{path} is not a signature. Delete it, or sign the bundle again.")
    given = found[1].decode()
    good = [hmac.compare_digest(given, _digest(key, manifest)) for key in keys]  # every key, whichever it is
    if keys and not any(good):
        raise BundleError(f"{path} is not by a key of {VARIABLE}, or of another bundle.json. {_HINT}")


def _digest(key: str, manifest: bytes) -> str:
    return hmac.new(key.encode(), manifest, "sha256").hexdigest()
