"""The mixture: how much the wide and the deep part each have to say, and at which temperature.

A weighted geometric mean of two softmaxes is a softmax of the weighted mean of their logits, so the mixture is part of
the network that serves: weights in the tables and the last layer, the temperature in a layer of its own.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize
from scipy.special import log_softmax, softmax

Float = NDArray[np.floating]

_EXPECTED = np.array([0.8, 0.2])
"""Factors of the wide and the deep logits where a data set is too small to tell."""
_DEVIATION = 0.5
"""Of the prior about them: some ten rows outweigh it."""
_LEAST, _MOST = 1e-3, 10.0
"""Of either factor: a part that does harm is as good as silent, and no temperature is negative."""


@dataclass(frozen=True, slots=True)
class Mixture:
    """logits = (wide_share * wide + (1 - wide_share) * deep) / temperature"""

    wide_share: float
    temperature: float

    def probabilities(self, wide: Float, deep: Float) -> Float:
        """(rows, classes) of the logits of both parts, each (rows, classes)."""
        logits = self.wide_share * wide + (1 - self.wide_share) * deep
        mixed: Float = softmax(logits / self.temperature, axis=1)
        return mixed


def fit_mixture(wide: Float, deep: Float, targets: NDArray[np.integer]) -> Mixture:
    """The mixture of logits (rows, classes) of the lowest log loss on `targets` (rows,): a convex problem."""
    both = np.stack([wide, deep]).astype(np.float64)  # (2, rows, classes)
    rows = np.arange(len(targets))

    def loss(factors: NDArray[np.float64]) -> tuple[float, NDArray[np.float64]]:
        logarithms = log_softmax(np.einsum("p,prc->rc", factors, both), axis=1)  # (rows, classes)
        wrong = np.exp(logarithms)
        wrong[rows, targets] -= 1
        distance = (factors - _EXPECTED) / _DEVIATION
        value = -logarithms[rows, targets].sum() + distance @ distance / 2
        return value, np.einsum("rc,prc->p", wrong, both) + distance / _DEVIATION

    factors = minimize(loss, _EXPECTED, jac=True, method="L-BFGS-B", bounds=[(_LEAST, _MOST)] * 2).x
    return Mixture(wide_share=float(factors[0] / factors.sum()), temperature=float(1 / factors.sum()))
