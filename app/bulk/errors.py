"""What a bulk run refuses on purpose. A row that cannot be classified is no error: its column `error` says why."""

from model.errors import TercetError


class InputError(TercetError):
    """An input that cannot be read: absent, damaged, of another kind, or without the column of texts."""


class OutputError(TercetError):
    """An output that may not or cannot be written."""


class ResumeError(TercetError):
    """An unfinished run that this one cannot go on with."""


class MissingExtraError(TercetError):
    """A format whose library is not installed."""
