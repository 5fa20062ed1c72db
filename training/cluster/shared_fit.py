"""The fit of one worker among several: TensorFlow's MultiWorkerMirroredStrategy keeps their weights the same.

A batch is the same rows as on one machine, of which each worker takes its share; gradients are of the losses' sum over
all rows of the batch, so a result is that of one machine but for the rounding of sums, where there is no dropout.
Needs no Ray: who the others are is in `TF_CONFIG`.
"""

from collections.abc import Callable, Iterator
from typing import Any

import keras
import numpy as np
import tensorflow as tf
from numpy.typing import NDArray

from training.cluster.shares import Place
from training.config import TrainingConfig
from training.fit import Examples, Fit
from training.history import EpochRecord
from training.progress import Progress

_RANDOM_STATE = "seed_generator_state"
"""What Keras calls that of a dropout."""
_LARGEST_STATE = (1 << 31) - 1


class SharedFit(Fit):
    """A network while several workers learn it. Construct it, and its network, in the scope of the strategy."""

    def __init__(
        self,
        network: Any,
        config: TrainingConfig,
        rows: int,
        served: Callable[[NDArray[np.float32]], NDArray[np.floating]],
        strategy: Any,
        place: Place,
    ) -> None:
        """As `Fit`; `rows` are those of all workers together."""
        self._strategy = strategy
        self._place = place
        self._random = [v for v in network.variables if v.path.endswith(_RANDOM_STATE)]
        self._sum = tf.function(lambda figures: strategy.run(_summed, (figures,)))
        super().__init__(network, config, rows, served)

    def _traced(self) -> Any:
        ids = tf.TensorSpec(self._network.input_shape, tf.int32)
        targets = tf.TensorSpec((None,), tf.int32)
        weights = tf.TensorSpec((None,), tf.float32)
        rows = tf.TensorSpec((), tf.float32)

        def step(*batch: Any) -> Any:
            return self._strategy.run(self._learn_share, batch)

        return tf.function(step, input_signature=[ids, targets, weights, rows])

    def _learn_share(self, ids: Any, targets: Any, weights: Any, rows: Any) -> tuple[Any, Any]:
        """One step on a share of a batch of `rows` rows; the summed loss and the number of hits of the whole batch."""
        with tf.GradientTape() as tape:
            probabilities = self._network(ids, training=True)  # (share, classes)
            losses = weights * keras.losses.sparse_categorical_crossentropy(targets, probabilities)  # (share,)
            loss = tf.reduce_sum(losses) / rows
        variables = self._network.trainable_variables
        # Keras sums gradients up over the workers. Those of an embedding are rows of the words in a share, which are
        # put one after the other: Adam squares each by itself, as it does on one machine.
        self._optimizer.apply(tape.gradient(loss, variables), variables)
        hits = weights * tf.cast(tf.equal(tf.argmax(probabilities, axis=1, output_type=tf.int32), targets), tf.float32)
        figures = _summed(tf.stack([tf.reduce_sum(losses), tf.reduce_sum(hits)]))
        return figures[0], figures[1]

    def _epoch(self, epoch: int, train: Examples, validation: Examples, progress: Progress) -> EpochRecord:
        self._seed_dropout(epoch)
        return super()._epoch(epoch, train, validation, progress)

    def _seed_dropout(self, epoch: int) -> None:
        """Another on each worker, and the same where an epoch is begun again."""
        random = np.random.default_rng([self._config.seed, epoch, self._place.rank])
        for state in self._random:
            state.assign(random.integers(_LARGEST_STATE, size=tuple(state.shape)))

    def _batches(self, train: Examples, epoch: int) -> Iterator[tuple[Any, ...]]:
        order = self._order(len(train), epoch)
        for start in range(0, len(order), self._batch_size):
            rows = order[start : start + self._batch_size]
            part, weights = self._place.share(rows)
            batch = (train.ids[part], train.targets[part], weights, np.float32(len(rows)))
            yield tuple(map(tf.constant, batch))

    def _measure(self, examples: Examples) -> tuple[float, float]:
        """By one worker for all, so that they all stop after the same epoch."""
        figures = super()._measure(examples) if self._place.rank == 0 else (0.0, 0.0)
        loss, accuracy = self._sum(tf.constant(figures, tf.float64)).numpy().tolist()
        return loss, accuracy


def _summed(figures: Any) -> Any:
    """Over all workers."""
    figures = tf.identity(figures)  # on this worker's device: what comes from outside is on none
    return tf.distribute.get_replica_context().all_reduce(tf.distribute.ReduceOp.SUM, figures)
