"""The population stability index (PSI) of shares, and how large it comes out by chance alone.

PSI is Σ (q - p) ln(q / p) over the bins, p being the reference's shares and q the live ones: the symmetric divergence
of Kullback and Leibler (1951), "On Information and Sufficiency", Annals of Mathematical Statistics 22(1). That up to
0.1 little has changed and from 0.25 on a lot is a convention of credit scoring without a theory; N. Siddiqi (2006),
"Credit Risk Scorecards", Wiley, goes by it. Without any drift, N live and M reference texts in B bins give (1/N + 1/M)
times a chi-squared variable of B - 1 degrees of freedom, so (B - 1)(1/N + 1/M) on average: B. Yurdakul and J. Naranjo
(2020), "Statistical Properties of the Population Stability Index", Journal of Risk Model Validation 14(4).
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import NormalDist
from typing import Final, Literal

MODERATE: Final = 0.1
MAJOR: Final = 0.25
FLOOR: Final = 1e-4
"""What an empty bin counts as: its logarithm would be infinite."""
_CONFIDENCE: Final = 0.95

Level = Literal["stable", "moderate", "major"]


@dataclass(frozen=True, slots=True)
class Stability:
    """How far live shares are from the reference's."""

    psi: float | None
    """None where there are too few texts to tell."""
    noise: float | None
    """What PSI stays below nineteen times out of twenty without any drift; None where there are no texts."""
    reason: str | None
    """Why `psi` is None."""

    @property
    def level(self) -> Level | None:
        """What the convention calls it."""
        if self.psi is None:
            return None
        return "stable" if self.psi < MODERATE else "moderate" if self.psi < MAJOR else "major"


def psi(reference: Sequence[float], live: Sequence[float]) -> float:
    """The index of two lists of shares of the same bins."""
    pairs = [(max(p, FLOOR), max(q, FLOOR)) for p, q in zip(reference, live, strict=True)]
    return sum((q - p) * math.log(q / p) for p, q in pairs)


def compare(reference: Sequence[float], rows: int, live: Sequence[int], texts: int) -> Stability:
    """`live` counts against the shares of a reference of so many `rows`; the counts are of so many `texts`.

    The index is withheld while chance alone would carry it past the first threshold.
    """
    if not texts:
        return Stability(None, None, "This version classified no text in the window.")
    spread = chi_squared(_CONFIDENCE, max(1, len(reference) - 1))
    noise = (1 / texts + 1 / rows) * spread
    total = sum(live)
    if noise > MODERATE or not total:
        return Stability(None, noise, _too_few(spread, rows, texts))
    return Stability(psi(reference, [count / total for count in live]), noise, None)


def chi_squared(share: float, degrees: int) -> float:
    """The quantile of a chi-squared variable, within 3 %: E. B. Wilson and M. M. Hilferty (1931), "The Distribution of
    Chi-Square", Proceedings of the National Academy of Sciences 17(12).
    """
    variance = 2 / (9 * degrees)
    return degrees * (1 - variance + NormalDist().inv_cdf(share) * math.sqrt(variance)) ** 3


def _too_few(spread: float, rows: int, texts: int) -> str:
    room = MODERATE / spread - 1 / rows
    if room <= 0:
        return f"The model was tested on {rows:,} rows, too few to tell drift from chance."
    return f"{texts:,} of the {math.ceil(1 / room):,} texts that it takes to tell drift from chance."
