"""When a request went through which stage: its words were looked up, it waited, the network ran."""

from typing import NamedTuple


class Stages(NamedTuple):
    """Four moments of a part of a request, by `time.perf_counter`; each stage ends where the next one begins."""

    tokenize_began: float
    queue_began: float
    compute_began: float
    compute_ended: float
    texts: int
    """Of this part; a long list goes through in several."""
    batch: int
    """Texts of all callers in the run of the network that this part was in."""
