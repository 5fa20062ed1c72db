"""What the service refuses on purpose. Knows nothing of HTTP; `app.problems` gives each its status."""

from collections.abc import Sequence
from dataclasses import dataclass

from model.errors import TercetError
from model.run_events import FileProblem


class SettingsError(TercetError):
    """Settings that cannot be used; one line a problem."""

    def __init__(self, problems: Sequence[str]) -> None:
        super().__init__("\n".join(problems))
        self.problems = list(problems)


class StartError(TercetError):
    """The service cannot start: its port, its address or its data folder."""


class NotJsonError(TercetError):
    """A body that is no JSON."""


@dataclass(frozen=True, slots=True)
class FieldProblem:
    """What is wrong with one part of a request; `field` is a path such as `texts[3]`."""

    field: str
    message: str


class InvalidRequestError(TercetError):
    """A request of the wrong form, or beyond a limit on texts."""

    def __init__(self, problems: Sequence[FieldProblem]) -> None:
        super().__init__("; ".join(problem.message for problem in problems))
        self.problems = list(problems)


class BodyTooLargeError(TercetError):
    """A body of more bytes than allowed."""


class QueueFullError(TercetError):
    """More texts than may wait."""


class NotReadyError(TercetError):
    """No model is loaded, or the service is shutting down."""


class StorageError(TercetError):
    """The database or the data folder cannot be used now."""


class NotFoundError(TercetError):
    """Something that was named in a request and is not there."""


class ConflictError(TercetError):
    """What was asked for does not go with how things are."""


class KeyMissingError(TercetError):
    """A route that asks for a key was called without one, or with one that nobody was given."""


class KeyForbiddenError(TercetError):
    """A key that is good for other routes."""


class ForeignPageError(TercetError):
    """A browser sent this for a page of another origin, which may not."""


class UnsupportedFormatError(TercetError):
    """A body of a form that is not taken."""


class TooSlowError(TercetError):
    """A client that was to send and did not."""


class StorageFullError(TercetError):
    """No room is left for what was sent."""


class PipelineError(TercetError):
    """A command of the pipeline failed, and the request was not why."""


class PipelineMissingError(TercetError):
    """What the pipeline needs is not installed."""


class RefusedFileError(TercetError):
    """A data file that cannot be used; `problems` are all that were found."""

    def __init__(self, problems: Sequence[FileProblem]) -> None:
        several = f"{len(problems)} problems" if len(problems) > 1 else "one problem"
        super().__init__(f"The file cannot be used; it has {several}.")
        self.problems = list(problems)
