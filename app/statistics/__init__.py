"""Counters of what the service did, in memory that all of its processes share: the one place where the numbers live."""

from app.statistics.memory import shared_memory
from app.statistics.statistics import Statistics

__all__ = ["Statistics", "shared_memory"]
