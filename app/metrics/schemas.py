"""The answer of `GET /drift`, for OpenAPI and from it."""

from collections.abc import Sequence
from typing import Literal, Self

from pydantic import BaseModel, ConfigDict, Field

from app.metrics.drift import Drift
from app.metrics.stability import Stability
from app.schemas import ModelName


class _Answer(BaseModel):
    model_config = ConfigDict(use_attribute_docstrings=True)


class ClassShare(_Answer):
    """A class among the texts of the window and among the predictions for the test rows."""

    label: str
    live: float | None
    """Null while there are no texts."""
    reference: float | None


class Index(_Answer):
    """A population stability index."""

    psi: float | None = Field(ge=0)
    """Null where it cannot be told; `reason` then says why."""
    level: Literal["stable", "moderate", "major"] | None
    """By convention: below 0.1, below 0.25, and from there on."""
    noise: float | None
    """What the index stays below nineteen times out of twenty without any drift."""
    reason: str | None

    @classmethod
    def fields(cls, stability: Stability) -> dict[str, object]:
        """Of any such index."""
        return {
            "psi": stability.psi,
            "level": stability.level,
            "noise": stability.noise,
            "reason": stability.reason,
        }


class ClassDrift(Index):
    """Of the classes that were predicted."""

    shares: list[ClassShare]


class WordDrift(Index):
    """Of words that the vocabulary lacks, against words that it has."""

    live: float | None
    """The share of unknown words; null while there are none at all."""
    reference: float | None


class DriftAnswer(_Answer):
    """What the model that serves said lately, in all processes, against what it said of the rows it was tested on."""

    model: ModelName
    window_s: int
    texts: int
    """Classified by this version in the window."""
    words: int
    classes: ClassDrift
    unknown_words: WordDrift

    @classmethod
    def of(cls, found: Drift, model: ModelName, window_s: int) -> Self:
        """The answer for what was found."""
        window = found.window
        texts, words = sum(window.classes), window.known_words + window.unknown_words
        reference: Sequence[float | None] = found.class_shares or [None] * len(found.labels)
        shares = [
            ClassShare(label=label, live=count / texts if texts else None, reference=share)
            for label, count, share in zip(found.labels, window.classes, reference, strict=True)
        ]
        live = window.unknown_words / words if words else None
        return cls(
            model=model,
            window_s=window_s,
            texts=texts,
            words=words,
            classes=ClassDrift.model_validate(Index.fields(found.classes) | {"shares": shares}),
            unknown_words=WordDrift.model_validate(
                Index.fields(found.unknown_words) | {"live": live, "reference": found.unknown_share}
            ),
        )
