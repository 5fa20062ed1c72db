"""Which requests are traced: what the caller decided where it said so, else by the variables `OTEL_TRACES_SAMPLER…`.

Where neither says anything, at most `MOST_A_SECOND` new traces a second are begun in each process: every request of a
quiet service, and a share of a busy one's that costs it next to nothing.
"""

import random
import time
from collections.abc import Callable, Mapping

from app.errors import SettingsError
from app.tracing.context import Parent

MOST_A_SECOND = 20.0
_SAMPLER, _ARGUMENT = "OTEL_TRACES_SAMPLER", "OTEL_TRACES_SAMPLER_ARG"
_NAMES = ("always_on", "always_off", "traceidratio")
_BASED = "parentbased_"

Decide = Callable[[Parent | None], bool]


class Limited:
    """At most so many a second, evenly, after as many at once."""

    def __init__(self, most_a_second: float, clock: Callable[[], float] = time.monotonic) -> None:
        self._most, self._clock = most_a_second, clock
        self._left, self._since = most_a_second, clock()

    def __call__(self) -> bool:
        """Whether this one is among them."""
        now = self._clock()
        self._left = min(self._most, self._left + (now - self._since) * self._most)
        self._since = now
        if self._left < 1:
            return False
        self._left -= 1
        return True


def sampler(variables: Mapping[str, str]) -> Decide:
    """The sampler that environment variables name. Raises `SettingsError`."""
    name = variables.get(_SAMPLER, "").strip().lower()
    given = variables.get(_ARGUMENT, "").strip()
    if not name:
        return _by_parent(_ratio(given) if given else Limited(MOST_A_SECOND))
    root = name.removeprefix(_BASED)
    if root not in _NAMES:
        known = ", ".join((*_NAMES, *(_BASED + each for each in _NAMES)))
        raise SettingsError([f"{_SAMPLER}={name[:60]} is not known here; it has to be one of {known}."])
    ratio = {"always_on": 1.0, "always_off": 0.0}.get(root)
    choose = _ratio(given or "1") if ratio is None else _share(ratio)
    return _by_parent(choose) if name.startswith(_BASED) else lambda _parent: choose()


def _by_parent(choose: Callable[[], bool]) -> Decide:
    return lambda parent: choose() if parent is None else parent.sampled


def _ratio(given: str) -> Callable[[], bool]:
    try:
        ratio = float(given)
    except ValueError:
        ratio = -1.0
    if not 0 <= ratio <= 1:
        raise SettingsError([f"{_ARGUMENT}={given[:60]} has to be a number from 0 to 1."])
    return _share(ratio)


def _share(ratio: float) -> Callable[[], bool]:
    """At random, which the trace's id is too, so that it need not be made first."""
    return lambda: random.random() < ratio  # noqa: S311 - no secret
