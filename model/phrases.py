"""The phrases of a bundle: for each filter of the convolution, the words in a row that excite it most.

The format of phrases.json for who writes and who reads it. They come from the training rows and are found at training
(`training.phrases`); an imported network has none.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Final

from pydantic import TypeAdapter, ValidationError

from model.bundle import EXTRA, Bundle
from model.errors import BundleError
from model.manifest import DAMAGED

PHRASES: Final = f"{EXTRA}/phrases.json"


@dataclass(frozen=True, slots=True)
class TrainingPhrase:
    """Words in a row, as many as the convolution is wide."""

    words: tuple[str, ...]
    activation: float
    """What the filter gives for them, after the activation function."""
    count: int
    """How often they occur in the training rows, as the network sees these."""


@dataclass(frozen=True, slots=True)
class FilterPhrases:
    """A filter and what excites it most, that first; none where nothing does."""

    filter: int
    phrases: tuple[TrainingPhrase, ...]


@dataclass(frozen=True, slots=True)
class Phrases:
    """What phrases.json holds."""

    layer: str
    """The convolution's name."""
    width: int
    filters: tuple[FilterPhrases, ...]


_JSON = TypeAdapter(Phrases)


def dump(phrases: Phrases) -> bytes:
    """The content of phrases.json."""
    return _JSON.dump_json(phrases)


def read(bundle: Bundle) -> Phrases | None:
    """The phrases of a verified bundle, None where it has none. Raises `BundleError` where they are of another form."""
    if PHRASES not in bundle.manifest.files:
        return None
    path: Path = bundle.folder / PHRASES
    try:
        return _JSON.validate_json(path.read_bytes(), strict=True)
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(map(str, first["loc"]))
        raise BundleError(f"{path} is not a file of phrases ({where}: {first['msg']}). {DAMAGED}") from error
