"""What a report is made from. No training sentence is among it: only figures, labels and single words."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from training.ablation import Ablation
from training.by_length import LengthBin
from training.calibration import Calibration, Reliability
from training.comparison import Comparison, Uncompared
from training.crossval_figures import CrossvalFigures
from training.curve_points import CurvePoint
from training.evaluation import Evaluation
from training.history import History
from training.mistakes import Mistake


class Coverage(Protocol):
    """How much of the vocabulary and of the running text has a pre-trained vector."""

    @property
    def words_found(self) -> int:
        """Words of the vocabulary that have a vector."""

    @property
    def words_total(self) -> int:
        """Words of the vocabulary."""

    @property
    def tokens_found(self) -> int:
        """Occurrences in the training texts of words that have a vector."""

    @property
    def tokens_total(self) -> int:
        """Occurrences in the training texts of words of the vocabulary."""

    @property
    def top_misses(self) -> tuple[tuple[str, int], ...]:
        """The words without a vector and their occurrences, most frequent first."""


@dataclass(frozen=True)
class DataSummary:
    """What was read, and what became of it."""

    source: str
    rows_read: int
    accepted: int
    per_class: Mapping[str, int]
    """Accepted rows by label."""
    problems: tuple[str, ...]
    """One message a kind of problem, in words, without the text of any row."""
    feedback: str = ""
    """What became of corrected labels, in a sentence; empty where none were given."""
    fingerprint: str = ""
    """sha256 of the accepted rows, in hexadecimal."""


@dataclass(frozen=True)
class SplitSizes:
    """Rows of each part."""

    train: int
    validation: int
    test: int


@dataclass(frozen=True)
class Layer:
    """One layer of the network; `output_shape` leaves the batch out."""

    name: str
    kind: str
    output_shape: tuple[int | None, ...]
    parameters: int


@dataclass(frozen=True)
class ReportContents:
    """One training run, as far as a reader of its report wants to know it."""

    name: str
    preset: str
    labels: tuple[str, ...]
    created_at: str
    """ISO 8601, UTC."""
    data: DataSummary
    split: SplitSizes
    history: History
    evaluation: Evaluation
    baseline: Evaluation
    """On the same rows as `evaluation`."""
    reliability: Reliability
    token_lengths: NDArray[np.integer]
    """(training texts,): tokens of each before truncation."""
    sequence_length: int
    """Tokens that the network sees."""
    coverage: Coverage | None
    """None where the network learnt its vectors from nothing."""
    vectors: str
    """Where the word vectors came from."""
    parameters: Mapping[str, object]
    """Hyper-parameters by name."""
    layers: tuple[Layer, ...]
    seconds: Mapping[str, float]
    """Duration of each stage, in the order they ran."""
    libraries: Mapping[str, str]
    """Version of each library by name."""
    comparison: Comparison | Uncompared | None = None
    """With the version that serves; None where none does."""
    calibration: Calibration | None = None
    """What the network's temperature does; None where it has none."""
    mistakes: tuple[Mistake, ...] = ()
    """The test rows that were told wrong, the most confident first."""
    by_length: tuple[LengthBin, ...] = ()
    unknown_share: float = 0.0
    """Of the words of the test rows, those that the vocabulary lacks, in [0, 1]."""
    ablations: tuple[Ablation, ...] = ()
    """Parts of the network on the test rows; empty where it has one path."""
    learning_curve: tuple[CurvePoint, ...] = ()
    """By ascending numbers of training rows, all of them last."""
    crossval: CrossvalFigures | None = None
    command: str = ""
    """What trains such a network again, with the names of files alone."""
