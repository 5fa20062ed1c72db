"""The bodies of requests and answers of the routes for retraining and jobs."""

from typing import Any, Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict, JsonValue

from app.jobs.options import Limits, PresetOption
from app.jobs.order import JobDataset, JobOrder, Promote
from app.storage.tables import Job

State = Literal["queued", "running", "succeeded", "failed", "cancelled"]
FINAL: frozenset[str] = frozenset({"succeeded", "failed", "cancelled"})
"""States that a job does not leave."""


class RetrainRequest(BaseModel):
    """What to train on, and what to do with the version that comes of it."""

    model_config = ConfigDict(
        extra="forbid",
        strict=True,
        frozen=True,
        use_attribute_docstrings=True,
        json_schema_extra={
            "examples": [
                {"dataset": "spooky"},
                {"dataset": "spooky", "epochs": 20, "seed": 7, "include_feedback": True, "promote": "never"},
            ]
        },
    )

    dataset: str
    """The name of a data set; its newest content is taken, as it is at this moment."""
    preset: str | None = None
    """A network and how to train it; left out, the default one. `GET /retrain/options` lists them."""
    epochs: int | None = None
    """At most so many; left out, as many as the preset has."""
    seed: int | None = None
    """Of the initial weights, the order of the rows and the dropout; left out, 0."""
    include_feedback: bool = False
    """Whether corrected labels that came by `POST /feedback` join the training rows."""
    promote: Promote = "if_better"
    """When the new version serves: `if_better` where it is better than the one that serves on the same held-out rows,
    beyond chance."""
    allow_label_change: bool = False
    """Whether a version with other labels than the one that serves may be promoted by `if_better`. The two cannot be
    compared then."""


class JobProgress(BaseModel):
    """How far a job is. What is not known yet, or does not go with the stage, is left out."""

    stage: str | None = None
    epoch: int | None = None
    of: int | None = None
    """Epochs at most; early stopping may end sooner."""
    batch: int | None = None
    batches: int | None = None
    loss: float | None = None
    accuracy: float | None = None
    validation_loss: float | None = None
    validation_accuracy: float | None = None
    elapsed_s: float | None = None
    seconds_left: float | None = None


class JobResult(BaseModel):
    """What came of a job that succeeded."""

    version: int
    model: str
    promoted: bool
    comparison: dict[str, JsonValue] | None
    """The version that served and the new one, on the same held-out rows; null where none served."""
    promotion: dict[str, JsonValue]
    """Whether the new version serves, and why."""
    evaluation: dict[str, JsonValue]
    baseline: dict[str, JsonValue] | None
    vectors: dict[str, JsonValue]
    feedback: dict[str, JsonValue] | None
    warnings: list[str]


_EXAMPLE: dict[str, Any] = {
    "id": "0b6f0c1e5d5c4c0f8d3f7f0e6b7a9c21",
    "state": "running",
    "order": {
        "dataset": {"name": "spooky", "digest": "9f2c…", "text_column": "text", "label_column": "author"},
        "model": "spooky-authors",
        "preset": "accurate",
        "epochs": 10,
        "seed": 0,
        "include_feedback": True,
        "promote": "if_better",
        "allow_label_change": False,
    },
    "progress": {"stage": "fit", "epoch": 3, "of": 50, "batch": 12, "batches": 62, "loss": 0.71, "seconds_left": 95.0},
    "version": None,
    "result": None,
    "error": None,
    "cancel_requested": False,
    "attempts": 1,
    "created_at": "2026-01-02T10:00:00Z",
    "started_at": "2026-01-02T10:00:01Z",
    "heartbeat_at": "2026-01-02T10:00:09Z",
    "finished_at": None,
}


class JobView(BaseModel):
    """A job, as its record is at this moment."""

    model_config = ConfigDict(use_attribute_docstrings=True, json_schema_extra={"examples": [_EXAMPLE]})

    id: str
    state: State
    order: JobOrder
    progress: JobProgress
    version: int | None
    """The version of the model that came of it."""
    result: JobResult | None
    error: str | None
    """Why the job failed, in words."""
    cancel_requested: bool
    """Whether a job that still runs was told to end."""
    attempts: int
    """How often a worker began it; more than once where one was lost."""
    created_at: AwareDatetime
    started_at: AwareDatetime | None
    heartbeat_at: AwareDatetime | None
    """When its worker was last heard of: about once a second while the job runs."""
    finished_at: AwareDatetime | None


class JobList(BaseModel):
    """Jobs, the newest first."""

    model_config = ConfigDict(use_attribute_docstrings=True)

    jobs: list[JobView]
    next: str | None
    """What to send as `before` for those that come after these; null where there are no more."""


class TrainingAvailable(BaseModel):
    """Whether jobs are run."""

    model_config = ConfigDict(use_attribute_docstrings=True)

    available: bool
    worker: Literal["embedded", "none"]
    """Whether the service runs them itself, or `python -m app worker` does elsewhere."""
    reason: str | None
    """Why they are not."""


class RetrainDefaults(BaseModel):
    """What a request gets that leaves it out; the epochs are the preset's."""

    preset: str
    seed: int
    include_feedback: bool
    promote: Promote
    allow_label_change: bool


class RetrainOptions(BaseModel):
    """What may be asked for by `POST /retrain`."""

    model_config = ConfigDict(
        use_attribute_docstrings=True,
        json_schema_extra={
            "examples": [
                {
                    "training": {"available": True, "worker": "embedded", "reason": None},
                    "datasets": ["spooky"],
                    "presets": [{"name": "accurate", "summary": "Conv1D-LSTM beside tables of n-grams", "epochs": 10}],
                    "limits": {"epochs": [1, 200], "seed": [0, 4294967295]},
                    "defaults": {
                        "preset": "accurate",
                        "seed": 0,
                        "include_feedback": False,
                        "promote": "if_better",
                        "allow_label_change": False,
                    },
                    "vectors": "box",
                }
            ]
        },
    )

    training: TrainingAvailable
    datasets: list[str]
    """By name."""
    presets: list[PresetOption]
    """None where the service cannot train; the limits and the defaults are null then."""
    limits: Limits | None
    defaults: RetrainDefaults | None
    vectors: str
    """Where word vectors come from: `box` is the table that ships, anything else the file's name (TERCET_VECTORS)."""


def view(job: Job) -> dict[str, Any]:
    """The content of a `JobView`. An order that an older Tercet recorded is shown as far as it goes."""
    order = {name: job.request.get(name) for name in JobOrder.model_fields}
    dataset = {name: job.request["dataset"].get(name) for name in JobDataset.model_fields}
    return {
        "id": job.id,
        "state": job.state,
        "order": order | {"dataset": dataset},
        "progress": job.progress,
        "version": (job.result or {}).get("version"),
        "result": job.result,
        "error": job.error,
        "cancel_requested": job.cancel_requested,
        "attempts": job.attempts,
        "created_at": job.created_at,
        "started_at": job.started_at,
        "heartbeat_at": job.heartbeat_at,
        "finished_at": job.finished_at,
    }
