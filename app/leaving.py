"""How long a process that was told to end still takes requests."""

from app.settings import Settings


def delay_s(settings: Settings) -> float:
    """Half of the time for the end is left to requests in flight."""
    return min(settings.drain_delay_s, settings.drain_timeout_s / 2)
