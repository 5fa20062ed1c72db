"""Results of folds that nobody learnt: answers drawn at random, so that figures can be compared with a reference."""

import numpy as np

from training.crossval.result import FoldResult
from training.folds import folds

LABELS = ("calm", "storm", "thaw")


def texts_of(rows):
    return [f"text number {row}" for row in range(rows)]


def targets_of(rows):
    return (np.arange(rows) % len(LABELS)).astype(np.int32)


def probabilities_of(rows, seed):
    logits = np.random.default_rng(seed).normal(size=(rows, len(LABELS))) * 2
    return np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)  # (rows, classes)


def results_of(rows, k, *, seeds=(0,), parts=("wide alone",)):
    """Every fold of every seed, as a finished cross-validation has them."""
    found: list[FoldResult] = []
    for seed in seeds:
        for fold, held_out in enumerate(folds(texts_of(rows), targets_of(rows), k, seed)):
            number = len(found) + 1
            found.append(result_of(number, fold + 1, held_out, targets_of(rows)[held_out], seed=seed, parts=parts))
    return found


def result_of(number, fold, rows, targets, *, seed=0, parts=()):
    return FoldResult(
        number=number,
        fold=fold,
        seed=seed,
        train_rows=80,
        validation_rows=10,
        epochs=4,
        best_epoch=3,
        seconds=1.5,
        network={"classes": 3},
        libraries={"tercet": "1"},
        rows=rows,
        lines=rows + 2,
        targets=targets,
        probabilities=probabilities_of(len(rows), number).astype(np.float32),
        baseline=probabilities_of(len(rows), 100 + number),
        parts={name: probabilities_of(len(rows), 200 + number) for name in parts},
    )
