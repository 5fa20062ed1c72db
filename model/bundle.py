"""The bundle: a stock TensorFlow Serving model directory with the tokenizer and a sealed manifest beside it.

Writes what is around the graph and verifies every byte before any of it is used; `model.savedmodel` writes and
loads the graph itself, `model.registry` gives a bundle its place and number.
"""

import hashlib
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from model import durable, signature, tokenizer_json
from model.encoder import TextEncoder
from model.errors import BundleError, ConfigError
from model.manifest import DAMAGED, FileDigest, Manifest, parse, seal, unseal
from model.tokenizer import Tokenizer

GRAPH = "saved_model.pb"
EXTRA = "assets.extra"
MANIFEST = f"{EXTRA}/bundle.json"
SIGNATURE = f"{EXTRA}/bundle.hmac"
"""Beside what is sealed: made later or by another key, it changes no version."""
TOKENIZER = f"{EXTRA}/tokenizer.json"
REPORT = f"{EXTRA}/report"
CARD = f"{EXTRA}/card.md"
_READ_BYTES = 1 << 20


@dataclass(frozen=True, slots=True)
class Bundle:
    """A verified bundle on disk. Its tokenizer does not know how often words occurred."""

    folder: Path
    manifest: Manifest
    encoder: TextEncoder


def complete(folder: Path, tokenizer: Tokenizer, **facts: Any) -> Bundle:
    """Turn `folder`, which holds a SavedModel (and a report, where there is one), into a bundle.

    `facts` are the fields of `Manifest`, as JSON, that do not follow from the files. Raises `BundleError` where
    what comes out would not be accepted by `verify`. `Registry.add` is what flushes it to disk.
    """
    durable.write_text(folder / TOKENIZER, tokenizer_json.dump(tokenizer))
    files = {name: digest.model_dump() for name, digest in _digests(folder).items()}
    content = {**facts, "vocabulary_size": tokenizer.size, "files": files}
    manifest = parse(json.dumps(content), f"{folder}: {MANIFEST}")
    durable.write_text(folder / MANIFEST, seal(manifest))
    if signature.signing_keys():
        sign(folder, folder / SIGNATURE)
    return verify(folder)


def sign(folder: Path, target: Path) -> None:
    """Write a signature of the bundle in `folder` to `target`, once each file of it is what the manifest says.

    Raises `BundleError`, and `ConfigError` where there is no key.
    """
    keys = signature.signing_keys()
    if not keys:
        raise ConfigError(f"There is no key to sign by. Set {signature.VARIABLE}; `openssl rand -hex 32` makes one.")
    verify(folder, signed=False)
    signature.write(target, (folder / MANIFEST).read_bytes(), keys)


def verify(folder: Path, *, signed: bool = True) -> Bundle:
    """The bundle in `folder`, every file of it checked against its sha256, and the manifest against its signature.

    The signature is asked for where there is a key (`model.signature`), unless `signed` is false. Raises `BundleError`,
    naming the file and the remedy, for whatever is missing, extra, damaged or inconsistent.
    """
    manifest = read_manifest(folder, signed=signed)
    _check_files(folder, manifest)
    tokenizer = tokenizer_json.load(_read_text(folder / TOKENIZER), origin=str(folder / TOKENIZER), counts=False)
    if tokenizer.size != manifest.vocabulary_size:
        raise BundleError(
            f"{folder}: {TOKENIZER} gives ids below {tokenizer.size}, but the embedding is for "
            f"{manifest.vocabulary_size} ({MANIFEST}). They are of different trainings; train or import it again."
        )
    encoder = TextEncoder(tokenizer, manifest.sequence_length, manifest.padding, manifest.truncating)
    return Bundle(folder, manifest, encoder)


def read_manifest(folder: Path, *, signed: bool = True) -> Manifest:
    """What the bundle in `folder` says of itself; of its files only the manifest is checked, and its signature.

    Raises `BundleError`.
    """
    if not folder.is_dir():
        raise BundleError(f"{folder} is not a folder. Name a bundle: <models>/<name>/<version>.")
    for name in (EXTRA, MANIFEST, SIGNATURE):
        if (folder / name).is_symlink():
            raise _link(folder, name)
    if not (folder / MANIFEST).is_file():
        raise BundleError(f"{folder}: {MANIFEST} is missing, so this is no bundle. {DAMAGED}")
    content = (folder / MANIFEST).read_bytes()
    if signed:
        signature.check(folder / SIGNATURE, content, signature.signing_keys())
    return unseal(_decoded(content, folder / MANIFEST), f"{folder}: {MANIFEST}")


def read_file(folder: Path, name: str, manifest: Manifest) -> bytes:
    """A file that `manifest` names, of the bundle in `folder`, checked against its sha256. Raises `BundleError`."""
    path = folder / name
    if path.resolve() != folder.resolve() / name:
        raise _link(folder, name)
    try:
        content = path.read_bytes()
    except OSError as error:
        raise BundleError(f"{path} cannot be read ({error.strerror}). {DAMAGED}") from error
    if hashlib.sha256(content).hexdigest() != manifest.files[name].sha256:
        raise BundleError(f"{path} does not match its sha256 in {MANIFEST}. {DAMAGED}")
    return content


def _read_text(path: Path) -> str:
    return _decoded(path.read_bytes(), path)


def _decoded(content: bytes, path: Path) -> str:
    try:
        return content.decode()
    except UnicodeDecodeError as error:
        raise BundleError(f"{path} is not UTF-8 ({error}). {DAMAGED}") from error


def _check_files(folder: Path, manifest: Manifest) -> None:
    found = _digests(folder)
    for name in {GRAPH, TOKENIZER} | manifest.files.keys():
        if name not in found:
            raise BundleError(f"{folder}: {name} is missing. {DAMAGED}")
    for name in found:
        if name not in manifest.files:
            raise BundleError(f"{folder}: {name} is not named in {MANIFEST}. Remove it; bundles are never edited.")
    for name, expected in manifest.files.items():
        if found[name] != expected:
            raise BundleError(
                f"{folder}: {name} does not match its sha256 in {MANIFEST} (expected {expected.sha256[:12]}…, "
                f"{expected.size_bytes} bytes; found {found[name].sha256[:12]}…, {found[name].size_bytes} bytes). "
                f"{DAMAGED}"
            )


def _digests(folder: Path) -> dict[str, FileDigest]:
    """Every file below `folder` but the manifest and its signature, by its path inside it."""
    digests = {}
    for path in sorted(folder.rglob("*")):
        name = path.relative_to(folder).as_posix()
        if path.is_symlink():
            raise _link(folder, name)
        if not path.is_file():
            if path.is_dir():
                continue
            raise BundleError(f"{folder}: {name} is no plain file. Remove it; bundles hold nothing else.")
        if name not in (MANIFEST, SIGNATURE):
            digests[name] = _digest(path)
    return digests


def _link(folder: Path, name: str) -> BundleError:
    return BundleError(f"{folder}: {name} is a link; a bundle holds plain files only. Replace it by the file.")


def _digest(path: Path) -> FileDigest:
    with path.open("rb") as file:
        return FileDigest(sha256=hashlib.file_digest(file, "sha256").hexdigest(), size_bytes=path.stat().st_size)
