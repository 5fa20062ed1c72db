"""What a run of the pipeline tells a machine: an object a line on its standard output.

`training.console` writes the lines, and the service reads them: one format for both. A line that is none of these,
and a field that is not known here, are passed over, so that one side may be newer than the other.
"""

import json
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, FiniteFloat, TypeAdapter, ValidationError


class _Event(BaseModel):
    model_config = ConfigDict(frozen=True)


class Stage(_Event):
    """A stage begins; `total` is its number of units, where known. While an epoch runs, it is the epoch `epoch` of
    at most `of`.
    """

    event: Literal["stage"]
    stage: str
    total: int | None = None
    epoch: int | None = None
    of: int | None = None


class Advance(_Event):
    """`done` units of a stage are finished; the figures are the latest, of the epoch so far."""

    event: Literal["progress"]
    stage: str
    done: int
    total: int | None = None
    epoch: int | None = None
    of: int | None = None
    loss: FiniteFloat | None = None
    accuracy: FiniteFloat | None = None
    validation_loss: FiniteFloat | None = None
    validation_accuracy: FiniteFloat | None = None


class Message(_Event):
    """Something worth knowing (`note`), or worth acting on (`warning`)."""

    event: Literal["note", "warning"]
    message: str


class FileProblem(_Event):
    """What is wrong with a data file: `rows` of it (0 where it is the file's own), the first by their line numbers."""

    kind: str
    message: str
    rows: int
    first: tuple[int, ...]


class Failure(_Event):
    """The run failed. `type` is the class of the exception; `problems` are those of a data file that was refused."""

    event: Literal["error"]
    message: str
    type: str | None = None
    problems: tuple[FileProblem, ...] | None = None


class Result(_Event):
    """The run succeeded; its fields depend on the command."""

    model_config = ConfigDict(frozen=True, extra="allow")

    event: Literal["result"]

    @property
    def content(self) -> dict[str, Any]:
        """All fields but `event`."""
        return dict(self.model_extra or {})


RunEvent = Stage | Advance | Message | Failure | Result

_EVENT: TypeAdapter[RunEvent] = TypeAdapter(Annotated[RunEvent, Field(discriminator="event")])


def parse(line: str | bytes) -> RunEvent | None:
    """The event in a line; None where it holds none."""
    try:
        return _EVENT.validate_json(line)
    except ValidationError:
        return None


def line_of(event: str, **content: Any) -> str:
    """The line of an event, ASCII alone and without its end; half surrogate pairs, which no JSON reader need take,
    become question marks. Raises `ValueError` where it is no event, or a number is not finite.
    """
    text = json.dumps({"event": event, **content}, ensure_ascii=False, allow_nan=False)
    whole = text.encode("utf-8", "replace")
    _EVENT.validate_json(whole)
    return json.dumps(json.loads(whole))
