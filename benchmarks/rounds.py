"""Alternating rounds: A B A B …, so that a machine whose speed drifts slows both, and only ratios are kept."""

import statistics
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import Any


@dataclass(frozen=True)
class Comparison:
    """Ours against another way, in seconds of the same work."""

    what: str
    ours_s: float
    other_s: float
    ratios: tuple[float, ...]

    @property
    def ratio(self) -> float:
        """Median of the rounds' ratios, ours / other."""
        return statistics.median(self.ratios)

    def as_dict(self) -> dict[str, Any]:
        """For JSON."""
        return asdict(self) | {"ratio": self.ratio}


def timed(work: Callable[[], object]) -> float:
    """Seconds that `work` takes."""
    started = time.perf_counter()
    work()
    return time.perf_counter() - started


def compare(what: str, ours: Callable[[], float], other: Callable[[], float], rounds: int) -> Comparison:
    """Run both `rounds` times in turn; each returns its seconds."""
    pairs = [(ours(), other()) for _ in range(rounds)]
    return Comparison(
        what=what,
        ours_s=statistics.median(a for a, _ in pairs),
        other_s=statistics.median(b for _, b in pairs),
        ratios=tuple(a / b for a, b in pairs),
    )
