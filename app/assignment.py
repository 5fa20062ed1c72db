"""What a worker process is told when it starts, and what it says once: a line of JSON each, on its stdin and stdout."""

from pydantic import BaseModel

from app.settings import Settings

LONGEST_END_S = 5.0
"""What a process may take to end, beyond the time to drain."""


class Assignment(BaseModel):
    """The first line on a worker's stdin. The end of stdin says that the parent is gone."""

    settings: Settings
    listener: int
    """File descriptor of the listening socket, which all workers share."""
    statistics: int
    """File descriptor of the memory with the counters."""
    row: int
    """The worker's place, from 0, and its row of the counters."""
    accept_at_once: bool
    """Whether to answer while the model loads; otherwise connections are left to others until it is loaded."""


class Report(BaseModel):
    """The only line on a worker's stdout."""

    failure: str | None = None
    """Why it cannot start, such as that no model could be loaded; None says that the worker is ready."""
    wrong_settings: bool = False
    """Whether the settings are the reason."""
