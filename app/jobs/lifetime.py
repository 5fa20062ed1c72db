"""How long a worker may take to end, for those who wait for it."""

LONGEST_END_S = 12.0
"""Four seconds of it are those that a training gets between SIGTERM and SIGKILL."""
