"""The fit: Adam on the cross-entropy, epoch by epoch, with early stopping and a checkpoint after each.

Deterministic for a seed on the CPU, and the same whether or not it was killed in between: the order of the rows
follows from seed and epoch, and the random state of the dropout is part of the checkpoint. The loop is our own
rather than `keras.Model.fit` for that reason, and because progress is reported from inside it.
"""

import math
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, Self

import keras
import numpy as np
import tensorflow as tf
from numpy.typing import NDArray

from training.checkpoint import Arrays, Checkpoint, Checkpoints
from training.config import TrainingConfig
from training.errors import TrainingError
from training.history import EpochRecord, History
from training.progress import Progress

INFERENCE_ROWS = 1024
"""Rows a call when nothing is learnt; past this a call gets no faster a row."""

_LAST_RATE = 0.02
"""Of the highest learning rate, where it falls."""


@dataclass(frozen=True, slots=True)
class Examples:
    """What a network learns from or is measured on."""

    ids: NDArray[np.int32]
    """(rows, sequence_length)"""
    targets: NDArray[np.int32]
    """(rows,), class indices"""

    def __len__(self) -> int:
        return len(self.targets)

    def joined(self, other: Self) -> Self:
        """These rows and then the others."""
        return type(self)(np.concatenate([self.ids, other.ids]), np.concatenate([self.targets, other.targets]))


def seed_everything(seed: int) -> None:
    """Make weights, dropout and operations reproducible. Call it before the network is built."""
    keras.utils.set_random_seed(seed)
    tf.config.experimental.enable_op_determinism()


class Fit:
    """A network while it learns."""

    def __init__(
        self,
        network: Any,
        config: TrainingConfig,
        rows: int,
        served: Callable[[NDArray[np.float32]], NDArray[np.floating]] = lambda probabilities: probabilities,
    ) -> None:
        """Prepare to learn from `rows` rows. `served` makes of the validation rows' probabilities what would be served,
        by which epochs are judged.
        """
        self._served = served
        self._network = network
        self._config = config
        self._batch_size = config.batch_for(rows)
        self._optimizer = keras.optimizers.Adam(_learning_rate(config, math.ceil(rows / self._batch_size)))
        self._optimizer.build(network.trainable_variables)
        self._step = self._traced()
        self._infer = _inference(network)
        frozen = {id(w) for layer in network.layers if not layer.trainable for w in layer.weights}
        self._learnt = [w for w in network.weights if id(w) not in frozen]
        self._state = [v for v in network.variables if id(v) not in frozen] + self._optimizer.variables

    def run(
        self, train: Examples, validation: Examples, checkpoints: Checkpoints, progress: Progress, *, resume: bool
    ) -> History:
        """Learn until the epochs are over or validation no longer improves; the network then has the best weights.

        With `resume`, goes on from the last checkpoint where there is one. Raises `TrainingError` where the loss
        is not finite, or the checkpoint cannot be used.
        """
        history, best = self._restore(checkpoints, progress) if resume else (History(), [])
        while not self._is_over(history):
            record = self._epoch(len(history.records) + 1, train, validation, progress)
            history = history.with_record(record)
            if history.best_epoch == record.epoch:
                best = _values(self._learnt)
            checkpoints.save(Checkpoint(history, _values(self._state), best))
        _assign(self._learnt, best)
        progress.note(f"kept the weights of epoch {history.best_epoch}, the best on the validation rows")
        return history

    def probabilities(self, ids: NDArray[np.int32]) -> NDArray[np.float32]:
        """(rows, classes) float32 for ids (rows, sequence_length), dropout idle."""
        return _in_parts(self._infer, ids)

    def _traced(self) -> Any:
        """A step as a function of what `_batches` gives."""
        # One graph for batches of any size: the last one is smaller, and a trace of the network takes a second.
        ids = tf.TensorSpec(self._network.input_shape, tf.int32)
        targets = tf.TensorSpec((None,), tf.int32)
        return tf.function(self._learn, input_signature=[ids, targets])

    def _learn(self, ids: Any, targets: Any) -> tuple[Any, Any]:
        """One step on ids (batch, length) and targets (batch,); the summed loss and the number of hits."""
        with tf.GradientTape() as tape:
            probabilities = self._network(ids, training=True)  # (batch, classes)
            losses = keras.losses.sparse_categorical_crossentropy(targets, probabilities)  # (batch,)
            loss = tf.reduce_mean(losses)
        variables = self._network.trainable_variables
        self._optimizer.apply(tape.gradient(loss, variables), variables)
        hits = tf.equal(tf.argmax(probabilities, axis=1, output_type=tf.int32), targets)
        return tf.reduce_sum(losses), tf.math.count_nonzero(hits)

    def _epoch(self, epoch: int, train: Examples, validation: Examples, progress: Progress) -> EpochRecord:
        started = time.monotonic()
        steps = math.ceil(len(train) / self._batch_size)
        epochs = self._config.epochs
        progress.stage(f"epoch {epoch} of {epochs}", steps, epoch=epoch, of=epochs)
        total, hits, seen = 0.0, 0, 0
        for step, batch in enumerate(self._batches(train, epoch), start=1):
            loss, correct = self._step(*batch)
            total, hits, seen = total + float(loss), hits + int(correct), min(step * self._batch_size, len(train))
            self._check_finite(total, epoch)
            progress.advance(step, loss=total / seen, accuracy=hits / seen)
        validation_loss, validation_accuracy = self._measure(validation)
        self._check_finite(validation_loss, epoch)
        progress.advance(
            steps, loss=total / seen, validation_loss=validation_loss, validation_accuracy=validation_accuracy
        )
        return EpochRecord(
            epoch, total / seen, hits / seen, validation_loss, validation_accuracy, time.monotonic() - started
        )

    def _check_finite(self, loss: float, epoch: int) -> None:
        if not math.isfinite(loss):
            raise TrainingError(
                f"The loss of epoch {epoch} is not finite: the fit diverged. Lower the learning rate "
                f"(it is {self._config.learning_rate}), or look for extreme values in the word vectors."
            )

    def _order(self, rows: int, epoch: int) -> NDArray[np.int64]:
        """Of the rows; it follows from seed and epoch alone, so that a resumed run sees the same."""
        return np.random.default_rng([self._config.seed, epoch]).permutation(rows)

    def _batches(self, train: Examples, epoch: int) -> Iterator[tuple[Any, ...]]:
        order = self._order(len(train), epoch)
        rows = tf.data.Dataset.from_tensor_slices((train.ids[order], train.targets[order]))
        return iter(rows.batch(self._batch_size).prefetch(2))

    def _measure(self, examples: Examples) -> tuple[float, float]:
        probabilities = self._served(self.probabilities(examples.ids))  # (rows, classes)
        of_truth = probabilities[np.arange(len(examples)), examples.targets]  # (rows,)
        loss = -np.log(np.maximum(of_truth, keras.config.epsilon())).mean()
        return float(loss), float((probabilities.argmax(axis=1) == examples.targets).mean())

    def _is_over(self, history: History) -> bool:
        epochs = len(history.records)
        return epochs >= self._config.epochs or (epochs > 0 and epochs - history.best_epoch >= self._config.patience)

    def _restore(self, checkpoints: Checkpoints, progress: Progress) -> tuple[History, Arrays]:
        checkpoint = checkpoints.load()
        if checkpoint is None:
            progress.note("there is no checkpoint of this run; starting from the beginning")
            return History(), []
        shapes = [array.shape for array in checkpoint.state + checkpoint.best]
        if shapes != [tuple(v.shape) for v in self._state + self._learnt]:
            raise TrainingError(f"{checkpoints.path} is of another network. Delete it, or train without --resume.")
        _assign(self._state, checkpoint.state)
        progress.note(f"going on after epoch {len(checkpoint.history.records)}")
        return checkpoint.history, checkpoint.best


def _learning_rate(config: TrainingConfig, steps: int) -> Any:
    """The learning rate, or what it is at each step where an epoch has so many `steps`."""
    if config.schedule == "constant":
        return config.learning_rate
    every = steps * config.epochs
    warmup = max(1, every // 10)
    return keras.optimizers.schedules.CosineDecay(
        0.0, max(1, every - warmup), alpha=_LAST_RATE, warmup_target=config.learning_rate, warmup_steps=warmup
    )


def infer(network: Any, ids: NDArray[np.int32]) -> NDArray[np.float32]:
    """(rows, classes) float32 of a `keras.Model` for ids (rows, sequence_length), dropout idle."""
    return _in_parts(_inference(network), ids)


def _inference(network: Any) -> Any:
    ids = tf.TensorSpec(network.input_shape, tf.int32)
    # Traced once, for batches of any size.
    return tf.function(lambda ids: network(ids, training=False)).get_concrete_function(ids)


def _in_parts(inference: Any, ids: NDArray[np.int32]) -> NDArray[np.float32]:
    parts = [inference(tf.constant(ids[i : i + INFERENCE_ROWS])) for i in range(0, len(ids), INFERENCE_ROWS)]
    return np.concatenate([part.numpy() for part in parts])  # (rows, classes)


def _values(variables: list[Any]) -> Arrays:
    return [variable.numpy() for variable in variables]


def _assign(variables: list[Any], values: Arrays) -> None:
    for variable, value in zip(variables, values, strict=True):
        variable.assign(value)
