"""How soon a process that died is started again."""

_HEALTHY_S = 60.0
_FIRST_DELAY_S, _LONGEST_DELAY_S = 0.5, 30.0


class Backoff:
    """Delays between the lives of a process: none after a long one, doubled with each early death in a row."""

    def __init__(self) -> None:
        self._deaths = 0

    def delay_s(self, lived_s: float) -> float:
        """How long to wait after a life of that length."""
        self._deaths = 0 if lived_s > _HEALTHY_S else self._deaths + 1
        if self._deaths == 0:
            return 0.0
        return min(_LONGEST_DELAY_S, _FIRST_DELAY_S * 2.0 ** min(self._deaths - 1, 10))
