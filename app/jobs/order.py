"""What a training is told to do: every choice made, so that it means the same whenever and wherever it runs.

Kept in the record of the job. How it comes from a request is `app.jobs.ordering`.
"""

from typing import Literal

from pydantic import BaseModel, ConfigDict

Promote = Literal["if_better", "always", "never"]


class JobDataset(BaseModel):
    """The content that is trained on."""

    model_config = ConfigDict(use_attribute_docstrings=True)

    name: str
    digest: str
    """sha256, in hexadecimal, of the file and the choice of its columns."""
    text_column: str | None
    label_column: str | None


class OrderedDataset(JobDataset):
    """One content of a data set, as it was when the training was asked for."""

    model_config = ConfigDict(extra="forbid", frozen=True, use_attribute_docstrings=True)

    file: str
    """Its path below the folder of data sets."""


class JobOrder(BaseModel):
    """What the job does, every choice made."""

    model_config = ConfigDict(use_attribute_docstrings=True)

    dataset: JobDataset
    model: str
    """The name in the registry under which the version is filed."""
    preset: str
    epochs: int
    """At most so many."""
    seed: int
    include_feedback: bool
    promote: Promote
    allow_label_change: bool


class TrainingOrder(JobOrder):
    """A training, to the last choice."""

    model_config = ConfigDict(extra="forbid", frozen=True, use_attribute_docstrings=True)

    dataset: OrderedDataset
    request_digest: str
    """sha256, in hexadecimal, of what was asked for. Two orders with one digest may differ, since the data set may
    have a newer content the second time; under one idempotency key they are the same request all the same."""
    traceparent: str | None = None
    """The request's place in a trace (W3C Trace Context), where it had one: the job goes on below it."""
