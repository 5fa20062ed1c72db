"""Learning of a network with a wide part: each part by itself, as suits it, and then how to mix them.

Together by Adam they end far worse: the tables are a convex problem that has one answer, and the deep part learns more
where it has to explain the texts alone. The validation rows say which epoch of the deep part mixes best, and how. As
the tables need no rows to say when to stop, they are fitted once more at the end, on the validation rows too.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

import keras
import numpy as np
from numpy.typing import NDArray

from model.network import build
from training.ablation import Part
from training.calibration import fit_temperature
from training.checkpoint import CheckpointFile
from training.fit import Examples, infer
from training.fitting import FitTask, Fitting, fit_here
from training.history import History
from training.mixture import Mixture, fit_mixture
from training.preparation import Prepared
from training.progress import Progress
from training.subword_network import build_subword_network, hand_over
from training.wide.logistic import Priors
from training.wide.tables import WideTables, fit_tables

REGRESSION_ITERATIONS = 60
"""Twice as many change the log loss by 0.0001 (docs/experiments.md)."""


def learn_wide_and_deep(
    prepared: Prepared,
    checkpoints: CheckpointFile,
    progress: Progress,
    *,
    resume: bool,
    fitting: Fitting = fit_here,
) -> tuple[Any, History, Mapping[str, Part]]:
    """The network that serves, the history of its deep part, and what its parts say alone.

    The history's validation figures are those of the mixture. Raises `TrainingError`.
    """
    train, validation = (prepared.examples(rows) for rows in (prepared.split.train, prepared.split.validation))
    progress.stage("wide part")
    tables = _tables(prepared, train)
    wide_logits = tables.logits(validation.ids)  # (validation rows, classes)
    served = Mixed(wide_logits, validation.targets)
    task = FitTask(_deep_network(prepared), prepared.training, train, validation, served)
    deep, history = fitting(task, checkpoints, progress, resume=resume)
    deep_logits = logarithms(infer(deep, validation.ids))  # (validation rows, classes)
    mixture = fit_mixture(wide_logits, deep_logits, validation.targets)
    progress.stage("wide part, validation rows too")
    network = join(prepared, _tables(prepared, train.joined(validation)), deep, mixture)
    progress.note(
        f"the wide part has {mixture.wide_share:.0%} of the say, at a temperature of {mixture.temperature:.2f}"
    )
    alone = [fit_temperature(logits, validation.targets) for logits in (wide_logits, deep_logits)]
    return network, history, _parts(network, mixture, *alone)


@dataclass(frozen=True, slots=True)
class Mixed:
    """What would be served of the deep part's probabilities (rows, classes): both parts, at their best mixture."""

    wide_logits: NDArray[np.floating]
    """(rows, classes)"""
    targets: NDArray[np.int32]

    def __call__(self, probabilities: NDArray[np.float32]) -> NDArray[np.floating]:
        """(rows, classes)"""
        logits = logarithms(probabilities)
        return fit_mixture(self.wide_logits, logits, self.targets).probabilities(self.wide_logits, logits)


def join(prepared: Prepared, tables: WideTables, deep: Any, mixture: Mixture) -> Any:
    """The network that serves, of the tables, the deep part that learnt, and their mixture."""
    network = build(prepared.network)
    hand_over(deep, network)
    last = network.get_layer("deep")
    last.set_weights([weight * (1 - mixture.wide_share) for weight in last.get_weights()])
    wide = network.get_layer("wide")
    for name in ("checks", "values"):
        getattr(wide, name).assign(getattr(tables, name))
    wide.unigrams.assign((tables.unigrams * mixture.wide_share).astype(np.float16))
    wide.scale.assign(tables.scale * mixture.wide_share)
    wide.bias.assign(tables.bias * mixture.wide_share)
    network.get_layer("temperature").temperature.assign(mixture.temperature)
    return network


def logarithms(probabilities: NDArray[np.floating]) -> NDArray[np.floating]:
    """Of probabilities: logits of the same softmax. Those that are too small to tell are taken for the smallest."""
    logits: NDArray[np.floating] = np.log(np.maximum(probabilities, keras.config.epsilon()))
    return logits


def _tables(prepared: Prepared, train: Examples) -> WideTables:
    config = prepared.training
    return fit_tables(
        train.ids,
        train.targets,
        _words(prepared),
        classes=prepared.network.classes,
        buckets=prepared.network.ngram_buckets,
        priors=Priors(config.word_prior, config.ngram_prior, config.subword_prior),
        iterations=REGRESSION_ITERATIONS,
    )


def _deep_network(prepared: Prepared) -> Callable[[], Any]:
    return partial(
        build_subword_network,
        prepared.network,
        prepared.vectors.matrix,
        _words(prepared),
        dropout=prepared.training.features_dropout,
    )


def _words(prepared: Prepared) -> list[str]:
    """The words of the ids from 1 to the last row of the tables; "" where there are fewer, as in texts without any."""
    by_id = {id_: word for word, id_ in prepared.encoder.tokenizer.word_index.items()}
    return [by_id.get(id_, "") for id_ in range(1, prepared.network.vocabulary_size)]


def _parts(network: Any, mixture: Mixture, of_wide: float, of_deep: float) -> dict[str, Part]:
    """The wide and the deep part alone, each at a temperature of its own, and both without the one they share."""
    softmax = keras.layers.Softmax()
    ids = network.inputs[0]
    outputs = {
        "wide part alone": network.get_layer("wide").output / (mixture.wide_share * of_wide),
        "deep part alone": network.get_layer("deep").output / ((1 - mixture.wide_share) * of_deep),
        "without the temperature": network.get_layer("deep_and_wide").output,
    }
    return {name: partial(infer, keras.Model(ids, softmax(logits))) for name, logits in outputs.items()}
