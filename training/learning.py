"""Learning: from prepared rows to the network that serves, whatever the preset asks for on the way."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from model.network import build
from training.ablation import Part
from training.checkpoint import CheckpointFile
from training.fit import infer, seed_everything
from training.fitting import FitTask, Fitting, fit_here
from training.history import History
from training.preparation import Prepared
from training.progress import Progress
from training.wide_and_deep import learn_wide_and_deep


@dataclass(frozen=True, slots=True)
class Learnt:
    """A network that has learnt, and how that went."""

    network: Any
    """A `keras.Model`: ids int32 (batch, length) to probabilities float32 (batch, classes)."""
    history: History
    parts: Mapping[str, Part] = field(default_factory=dict)
    """What parts of the network say by themselves, by name."""

    def probabilities(self, ids: NDArray[np.int32]) -> NDArray[np.float32]:
        """(rows, classes) float32 for ids (rows, sequence_length), dropout idle."""
        return infer(self.network, ids)


def learn(
    prepared: Prepared,
    checkpoints: CheckpointFile,
    progress: Progress,
    *,
    resume: bool = False,
    fitting: Fitting = fit_here,
) -> Learnt:
    """Learn from the training rows; the validation rows decide when to stop. The test rows are not looked at.

    With `resume`, a run that was killed goes on from its last whole epoch. `fitting` says where.
    Raises `TrainingError`.
    """
    seed_everything(prepared.training.seed)
    if prepared.network.has_wide_part:
        return Learnt(*learn_wide_and_deep(prepared, checkpoints, progress, resume=resume, fitting=fitting))
    train, validation = (prepared.examples(rows) for rows in (prepared.split.train, prepared.split.validation))
    task = FitTask(partial(build, prepared.network, prepared.vectors.matrix), prepared.training, train, validation)
    return Learnt(*fitting(task, checkpoints, progress, resume=resume))
