"""The errors of the pipeline. Each message is for a person: what was wrong, where, and what to do."""

from model.errors import TercetError


class DataError(TercetError):
    """A data file that cannot be read, or whose rows cannot be learnt from."""


class VectorsError(TercetError):
    """A word-vector file that cannot be read, or does not fit the network."""


class DownloadError(TercetError):
    """A download that failed, or whose content is not what was expected."""


class TrainingError(TercetError):
    """A training run that cannot start, go on, or be exported."""


class BelowBaselineError(TrainingError):
    """A training run that ended well with a network that loses to the baseline, which was ruled out."""
