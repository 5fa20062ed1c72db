"""Using a bundle from the command line: its figures on a labelled file, and its answer for one text."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from model.bundle import Bundle, verify
from model.encoder import TokenCounts
from model.errors import RegistryError
from model.registry import Registry
from model.savedmodel import SavedModelEngine
from training.data.dataset import load_evaluation
from training.evaluation import Evaluation, evaluate
from training.progress import Progress

CHUNK_ROWS = 1024


@dataclass(frozen=True, slots=True)
class Score:
    """A bundle's figures on a file."""

    bundle: Path
    source: str
    evaluation: Evaluation
    known_share: float
    """Share of the file's words that the vocabulary has."""

    def as_dict(self) -> dict[str, Any]:
        """For machines."""
        return {
            "bundle": str(self.bundle),
            "source": self.source,
            "known_share": self.known_share,
            **self.evaluation.as_dict(),
        }


def find_bundle(registry: Registry, name: str | None) -> Path:
    """The folder of the version that serves, of `name` or of the only model there is. Raises `RegistryError`."""
    names = registry.names()
    if name is None and not names:
        raise RegistryError(f"{registry.folder} has no model yet; train one first, or give --bundle.")
    if name is None and len(names) != 1:
        there = ", ".join(names)
        raise RegistryError(f"{registry.folder} holds these models: {there}. Choose with --name or --bundle.")
    return registry.current_path(name or names[0])


def score(folder: Path, data: Path, text_column: str | None, label_column: str | None, progress: Progress) -> Score:
    """Measure the bundle in `folder` on every usable row of `data`. Raises `BundleError` or `DataError`."""
    bundle = verify(folder)
    dataset = load_evaluation(
        data, bundle.manifest.labels, text_column=text_column, label_column=label_column, progress=progress
    )
    probabilities, known_share = _probabilities(bundle, dataset.texts, progress)
    evaluation = evaluate(probabilities, dataset.targets, bundle.manifest.labels)
    return Score(folder, dataset.source, evaluation, known_share)


@dataclass(frozen=True, slots=True)
class Answer:
    """A bundle's answer for one text."""

    probabilities: dict[str, float]
    """By label."""
    tokens: TokenCounts

    def as_dict(self) -> dict[str, Any]:
        """For machines."""
        label = max(self.probabilities, key=self.probabilities.__getitem__)
        return {"label": label, "probabilities": self.probabilities, "tokens": self.tokens._asdict()}


def predict(folder: Path, text: str) -> Answer:
    """The bundle in `folder` asked for one text. Raises `BundleError`."""
    bundle = verify(folder)
    ids, (tokens,) = bundle.encoder.encode([text])
    (row,) = SavedModelEngine(bundle).probabilities(ids).tolist()  # (1, classes)
    return Answer(dict(zip(bundle.manifest.labels, row, strict=True)), tokens)


def ranking(answer: Answer) -> str:
    """The labels and their probabilities as lines of text, the most probable first."""
    width = max(map(len, answer.probabilities))
    by_probability = sorted(answer.probabilities.items(), key=lambda item: -item[1])
    return "\n".join(f"{label:<{width}}  {probability:.4f}" for label, probability in by_probability)


def table(score: Score) -> str:
    """The figures as lines of text."""
    figures = score.evaluation
    head = f"{score.source}: {figures.rows:,} rows, {score.known_share:.1%} of their words known"
    overall = (
        f"log loss {figures.log_loss:.4f}   accuracy {figures.accuracy:.4f}   macro F1 {figures.macro_f1:.4f}   "
        f"expected calibration error {figures.expected_calibration_error:.4f}"
    )
    width = max(len(each.label) for each in figures.per_class)
    classes = [
        f"{each.label:<{width}}  precision {each.precision:.4f}  recall {each.recall:.4f}  "
        f"F1 {each.f1:.4f}  rows {each.support:,}"
        for each in figures.per_class
    ]
    return "\n".join([head, overall, *classes])


def _probabilities(bundle: Bundle, texts: tuple[str, ...], progress: Progress) -> tuple[NDArray[np.float32], float]:
    engine = SavedModelEngine(bundle)
    progress.stage("classifying", len(texts))
    parts, known, total = [], 0, 0
    for start in range(0, len(texts), CHUNK_ROWS):
        ids, counts = bundle.encoder.encode(texts[start : start + CHUNK_ROWS])
        parts.append(engine.probabilities(ids))
        known, total = known + sum(c.known for c in counts), total + sum(c.total for c in counts)
        progress.advance(start + len(ids))
    return np.concatenate(parts), known / total if total else 0.0  # (texts, classes)
