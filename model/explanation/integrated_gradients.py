"""Integrated gradients: how much each position of the window moved a label's logit away from what padding gives.

Sundararajan, Taly & Yan 2017, "Axiomatic Attribution for Deep Networks" (arXiv:1703.01365), equation 1; the gap is how
far the sum is from what their completeness axiom (proposition 1) says. The gradients are the bundle's own graph's.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]

STEPS = (16, 64, 256, 1024)
"""Points of the path: more are taken where the fewer leave a gap. A ReLU and a maximum make steps in the gradient,
so for a few texts it takes many."""
LARGEST_GAP = 0.01
"""Share of the difference of logits at which more points are taken."""
ROUNDING = 1e-4
"""A difference of logits below this is none: sums in float32 are no more exact."""
_MOST_AT_ONCE = 256
"""Points in one call: 60 MB of activations and gradients in `reference`."""


class Attribute(Protocol):
    """`SavedModelEngine.attribute`."""

    def __call__(self, ids: NDArray[np.int32], label: int, alphas: Floats, weights: Floats) -> dict[str, Floats]:
        """`embedding` (length,), `logits` (points + 2, classes), and the convolution's share (windows, filters)."""


@dataclass(frozen=True, slots=True)
class Integral:
    """The path from padding to the text, summed up."""

    steps: int
    positions: NDArray[np.float64]
    """(length,): what each position adds to the logit."""
    windows: NDArray[np.float64] | None
    """(windows, filters): the same, shared out over the convolution; None where the graph has none."""
    logit: float
    baseline_logit: float

    @property
    def gap(self) -> float:
        """How far the sum is from the difference of logits."""
        return abs(float(self.positions.sum()) - (self.logit - self.baseline_logit))

    @property
    def relative_gap(self) -> float:
        """`gap` as a share of the difference of logits, or of 0.0001 where that is smaller."""
        difference = abs(self.logit - self.baseline_logit)
        return self.gap / max(difference, ROUNDING)


def integrate(attribute: Attribute, ids: NDArray[np.int32], label: int, convolution: str | None) -> Integral:
    """The effect of each position of ids (1, length) on the logit of a label, by as many steps as it takes.

    `convolution` names the layer whose share is wanted. What gap is left after the most steps, is left.
    """
    for steps in STEPS:
        integral = _integrate(attribute, ids, label, convolution, steps)
        if integral.relative_gap <= LARGEST_GAP:
            break
    return integral


def _integrate(
    attribute: Attribute, ids: NDArray[np.int32], label: int, convolution: str | None, steps: int
) -> Integral:
    parts = [attribute(ids, label, alphas, weights) for alphas, weights in quadrature(steps)]
    baseline_logit, logit = (float(value) for value in parts[0]["logits"][-2:, label])
    windows = None
    if convolution is not None and convolution in parts[0]:
        windows = _total(parts, convolution)  # (windows, filters)
    return Integral(steps, _total(parts, "embedding"), windows, logit, baseline_logit)


def _total(parts: Sequence[dict[str, Floats]], name: str) -> NDArray[np.float64]:
    total: NDArray[np.float64] = np.stack([part[name] for part in parts]).sum(axis=0, dtype=np.float64)
    return total


@lru_cache(maxsize=len(STEPS))
def quadrature(steps: int) -> tuple[tuple[Floats, Floats], ...]:
    """Nodes and weights over [0, 1] in parts of at most 256: Gauss-Legendre, on as many equal panels as parts."""
    panels = -(-steps // _MOST_AT_ONCE)
    nodes, weights = np.polynomial.legendre.leggauss(steps // panels)  # over [-1, 1]
    return tuple(
        (((panel + (nodes + 1) / 2) / panels).astype(np.float32), (weights / 2 / panels).astype(np.float32))
        for panel in range(panels)
    )
