"""The manifest: what `bundle.json` says of a bundle. One frozen description for writer, reader and checker.

Knows the format only; `model.bundle` knows the folder around it.
"""

import hashlib
import json
from typing import Any, Final, Literal, Self

from pydantic import AwareDatetime, BaseModel, ConfigDict, JsonValue, ValidationError, model_validator

from model.errors import BundleError
from model.padding import Side

SCHEMA_VERSION: Final = 1


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Layer(_Frozen):
    """A layer of the network; `shape` leaves the batch out, e.g. (46, 64)."""

    name: str
    kind: str
    shape: tuple[int | None, ...]
    parameters: int
    trainable: bool


class ParameterCounts(_Frozen):
    """How many weights the network has."""

    total: int
    trainable: int
    frozen: int


class DataFingerprint(_Frozen):
    """What the network was trained on, without any of it."""

    source: str
    """File name, no path."""
    sha256: str
    """Of the accepted texts and labels in order."""
    rows: int
    split: dict[str, int]
    """Rows in train, validation and test."""


class FileDigest(_Frozen):
    """A file of the bundle."""

    sha256: str
    size_bytes: int


class Manifest(_Frozen):
    """What `bundle.json` holds. `files` names every file of the bundle but bundle.json, which seals itself."""

    schema_version: Literal[1] = SCHEMA_VERSION
    name: str
    created_at: AwareDatetime
    preset: str | None
    labels: tuple[str, ...]
    label_names: dict[str, str] = {}
    """What people read in place of a label, such as "Edgar Allan Poe" for EAP; a label without one is its own."""
    sequence_length: int
    padding: Side = "pre"
    truncating: Side = "pre"
    vocabulary_size: int
    """Ids the tokenizer can give, padding's 0 among them: the embedding has a row for each."""
    layers: tuple[Layer, ...]
    parameters: ParameterCounts
    network: dict[str, JsonValue] = {}
    """Hyper-parameters of the network, where it is one of our presets."""
    training: dict[str, JsonValue] = {}
    """Hyper-parameters of the training run."""
    vectors: dict[str, JsonValue] = {}
    """Source and coverage of the word vectors."""
    metrics: dict[str, JsonValue] = {}
    """Figures on the held-out split, and the baseline's on the same rows."""
    data: DataFingerprint | None = None
    libraries: dict[str, str]
    files: dict[str, FileDigest]

    @model_validator(mode="after")
    def _labels_fit(self) -> Self:
        if len(set(self.labels)) != len(self.labels):
            raise ValueError(f"labels {list(self.labels)} are not all different")
        if unknown := self.label_names.keys() - set(self.labels):
            raise ValueError(f"label_names for {sorted(unknown)}, which are no labels")
        classes = self.layers[-1].shape[-1] if self.layers else None
        if classes != len(self.labels):
            raise ValueError(f"{len(self.labels)} labels for a network with an output of {classes} classes")
        return self


def seal(manifest: Manifest) -> str:
    """The text of bundle.json: canonical JSON with a digest over all the rest of it."""
    content = manifest.model_dump(mode="json")
    return _canonical(content | {"seal": _digest(content)})


def unseal(text: str, where: str) -> Manifest:
    """The manifest in the text of a bundle.json; `where` names the file in errors.

    Raises `BundleError` where it is damaged, edited, or of a schema version that this Tercet does not read.
    """
    try:
        content: dict[str, Any] = json.loads(text)
        version = content.get("schema_version")
    except (ValueError, AttributeError, RecursionError) as error:
        raise BundleError(f"{where} is not the JSON of a bundle ({error}). {DAMAGED}") from error
    if version != SCHEMA_VERSION:
        raise BundleError(
            f"{where} is of schema version {version!r}; this Tercet reads {SCHEMA_VERSION}. "
            "Serve it with the Tercet that wrote it, or train it again with this one."
        )
    if text != _canonical(content) or content.pop("seal", None) != _digest(content):
        raise BundleError(f"{where} does not match its own seal. {DAMAGED}")
    return parse(json.dumps(content), where)


def parse(text: str, where: str) -> Manifest:
    """The manifest in JSON without a seal. Raises `BundleError`, naming each field that is wrong."""
    try:
        return Manifest.model_validate_json(text)
    except ValidationError as error:
        problems = "; ".join(f"{'.'.join(map(str, e['loc'])) or 'bundle'}: {e['msg']}" for e in error.errors())
        raise BundleError(f"{where} is inconsistent: {problems}. Train or import the bundle again.") from error


DAMAGED = (
    "The file is damaged or was edited; restore it, or serve another version: python -m app models promote VERSION"
)


def _canonical(content: dict[str, Any]) -> str:
    return json.dumps(content, sort_keys=True, indent=1, ensure_ascii=False) + "\n"


def _digest(content: dict[str, Any]) -> str:
    return hashlib.sha256(_canonical(content).encode("utf-8", "surrogatepass")).hexdigest()
