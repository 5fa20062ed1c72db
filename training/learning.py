"""Learning: from prepared rows to the network that serves, whatever the preset asks for on the way."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from model.network import build
from training.checkpoint import CheckpointFile
from training.fit import Fit, infer, seed_everything
from training.history import History
from training.preparation import Prepared
from training.progress import Progress
from training.wide_and_deep import learn_wide_and_deep

Probabilities = Callable[[NDArray[np.int32]], NDArray[np.floating]]


@dataclass(frozen=True, slots=True)
class Learnt:
    """A network that has learnt, and how that went."""

    network: Any
    """A `keras.Model`: ids int32 (batch, length) to probabilities float32 (batch, classes)."""
    history: History
    parts: Mapping[str, Probabilities] = field(default_factory=dict)
    """What parts of the network say by themselves, by name: ids (rows, length) to probabilities (rows, classes)."""
    temperature: float | None = None
    """Fitted on the validation rows, where there is one."""

    def probabilities(self, ids: NDArray[np.int32]) -> NDArray[np.float32]:
        """(rows, classes) float32 for ids (rows, sequence_length), dropout idle."""
        return infer(self.network, ids)


def learn(prepared: Prepared, checkpoints: CheckpointFile, progress: Progress, *, resume: bool = False) -> Learnt:
    """Learn from the training rows; the validation rows decide when to stop. The test rows are not looked at.

    With `resume`, a run that was killed goes on from its last whole epoch. Raises `TrainingError`.
    """
    seed_everything(prepared.training.seed)
    if prepared.network.has_wide_part:
        return Learnt(*learn_wide_and_deep(prepared, checkpoints, progress, resume=resume))
    network = build(prepared.network, prepared.vectors.matrix)
    train, validation = (prepared.examples(rows) for rows in (prepared.split.train, prepared.split.validation))
    history = Fit(network, prepared.training, len(train)).run(train, validation, checkpoints, progress, resume=resume)
    return Learnt(network, history)
