"""Integrated gradients: how much each position of the window moved a label's logit away from what padding gives.

Sundararajan, Taly & Yan 2017, "Axiomatic Attribution for Deep Networks" (arXiv:1703.01365), equation 1; the gap is how
far the sum is from what their completeness axiom (proposition 1) says. The gradients are the bundle's own graph's.
What a wide part adds is linear, so that its integral is what it adds (`model.explanation.wide`).
"""

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


class Attribute(Protocol):
    """`SavedModelEngine.attribute`."""

    def __call__(self, ids: NDArray[np.int32], label: int, alphas: Floats, weights: Floats) -> dict[str, Floats]:
        """`embedding` (length,), `logits` (points + 2, classes), and the convolution's share (windows, filters)."""


@dataclass(frozen=True, slots=True)
class Integral:
    """The path from padding to the text, summed up."""

    steps: int
    positions: Floats
    """(length,): what each position adds to the logit."""
    windows: Floats | None
    """(windows, filters): the deep part's share, shared out over the convolution; None where the graph has none."""
    logit: float
    baseline_logit: float

    @property
    def gap(self) -> float:
        """How far the sum is from the difference of logits."""
        return abs(float(self.positions.sum(dtype=np.float64)) - (self.logit - self.baseline_logit))

    @property
    def relative_gap(self) -> float:
        """`gap` as a share of the difference of logits, or of 0.0001 where that is smaller."""
        difference = abs(self.logit - self.baseline_logit)
        return self.gap / max(difference, ROUNDING)


def integrate(
    attribute: Attribute, ids: NDArray[np.int32], label: int, convolution: str | None, wide: Floats | None = None
) -> Integral:
    """The effect of each position of ids (1, length) on the logit of a label, by as many steps as it takes.

    `convolution` names the layer whose share is wanted; `wide` (length,) is what a wide part adds at each position.
    What gap is left after the most steps, is left.
    """
    for steps in STEPS:
        integral = _integrate(attribute, ids, label, convolution, wide, steps)
        if integral.relative_gap <= LARGEST_GAP:
            break
    return integral


def _integrate(
    attribute: Attribute,
    ids: NDArray[np.int32],
    label: int,
    convolution: str | None,
    wide: Floats | None,
    steps: int,
) -> Integral:
    effects = attribute(ids, label, *quadrature(steps))
    baseline_logit, logit = (float(value) for value in effects["logits"][-2:, label])
    windows = None if convolution is None else effects.get(convolution)  # (windows, filters)
    positions = effects["embedding"] if wide is None else effects["embedding"] + wide  # (length,)
    return Integral(steps, positions, windows, logit, baseline_logit)


@lru_cache(maxsize=len(STEPS))
def quadrature(steps: int) -> tuple[Floats, Floats]:
    """Nodes and weights (steps,) over [0, 1]: Gauss-Legendre."""
    nodes, weights = np.polynomial.legendre.leggauss(steps)  # over [-1, 1]
    return ((nodes + 1) / 2).astype(np.float32), (weights / 2).astype(np.float32)
