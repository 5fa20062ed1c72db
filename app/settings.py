"""Settings of the service: environment variables with the prefix TERCET_, or the same lines in `.env`.

Built once at the edge and passed in; nothing here is global. `.env.example` lists them all.
"""

from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import Field, ValidationError, field_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from app.errors import SettingsError

PREFIX = "TERCET_"
_LONGEST_SHOWN = 60

Count = Annotated[int, Field(ge=1)]
Keys = Annotated[tuple[str, ...], NoDecode, Field(repr=False)]
"""Secrets, separated by commas in the environment; never shown."""


class Settings(BaseSettings):
    """What an operator may set. An empty variable counts as unset."""

    model_config = SettingsConfigDict(
        env_prefix=PREFIX, env_file=".env", env_ignore_empty=True, extra="ignore", frozen=True
    )

    host: str = "127.0.0.1"
    """Address to listen on; 0.0.0.0 for every interface."""
    port: Annotated[int, Field(ge=0, le=65_535)] = 8000
    """0 takes any free port; the first line of the log says which."""
    data: Path = Path("./var")
    """The one folder for everything that is written; made where it is absent."""
    model: str | None = None
    """The model to serve; None serves `spooky-authors`, or the only one there is."""
    device: Literal["auto", "cpu", "gpu"] = "auto"
    intra_op_threads: Annotated[int, Field(ge=0)] = 1
    """TensorFlow's threads inside an operation; 0 takes one a core. The network is too small for more than one:
    docs/performance.md has the figures."""
    inter_op_threads: Annotated[int, Field(ge=0)] = 1
    """TensorFlow's threads for operations side by side; 0 takes one a core."""
    workers: Count = 1
    """Processes that answer, each with its own copy of the model and its own queue."""
    max_body_bytes: Count = 1 << 20
    max_texts: Count = 4096
    max_text_characters: Count = 20_000
    queue_limit: Count = 1024
    """Texts that may wait or be worked on at a time; beyond that, 429. A list takes its turn 128 at a time."""
    stay_up_without_model: bool = False
    """Whether the process lives on, not ready, where no model can be loaded."""
    drain_timeout_s: Annotated[int, Field(ge=0)] = 30
    """How long requests in flight may take after SIGTERM."""
    stream_idle_s: Count = 60
    """How long a client may neither send a line to a stream nor read its answers, nor send a byte of a data set."""
    api_keys: Keys = ()
    """Keys that client routes ask for; without any they are open."""
    admin_keys: Keys = ()
    """Keys that admin routes ask for; without any, one is made at the first start and kept in the data folder."""
    database_url: Annotated[str | None, Field(repr=False)] = None
    """Where data sets, feedback and jobs are recorded: postgresql://…; unset, SQLite in the data folder."""
    queue_url: Annotated[str | None, Field(repr=False)] = None
    """Where jobs queue: redis://…; unset, beside the records."""
    worker: Literal["embedded", "none"] = "embedded"
    """Whether the service runs a worker for training jobs itself; with none, `python -m app worker` does elsewhere."""
    vectors: Path | None = None
    """Word vectors for retraining, a file as `python -m training train` takes it; unset, the table in the box."""
    training_threads: Annotated[int, Field(ge=0)] = 1
    """Threads of a training process; 0 takes one a core."""
    training_nice: Annotated[int, Field(ge=0, le=19)] = 10
    """By how much a training process yields to others, as nice(1)."""
    max_dataset_bytes: Count = 256 << 20
    """Of an upload, as it is sent and as it is unpacked."""
    max_epochs: Count = 200
    """Most epochs that a request for retraining may ask for."""
    keep_versions: Count = 10
    """Versions of a model that are kept, the newest; the one that serves and the one before it always are."""
    retrain_dataset: str | None = None
    """The data set of scheduled retraining; needed by the two below."""
    retrain_after_feedback: Count | None = None
    """Retrain when so many rows of feedback have come since the last training."""
    retrain_cron: str | None = None
    """Retrain by a cron expression of five fields, in UTC."""
    root_path: str = ""
    """The path below which a reverse proxy publishes the service; the proxy has to take it off."""
    log_level: Literal["debug", "info", "warning", "error"] = "info"
    access_log: bool = False

    @property
    def models_folder(self) -> Path:
        """The model registry."""
        return self.data / "models"

    @property
    def datasets_folder(self) -> Path:
        """The files of data sets."""
        return self.data / "datasets"

    @field_validator("api_keys", "admin_keys", mode="before")
    @classmethod
    def _separated(cls, value: object) -> object:
        if not isinstance(value, str):
            return value
        keys = tuple(filter(None, map(str.strip, value.split(","))))
        if not keys:  # to take it for unset would open what somebody meant to close
            raise ValueError("has no key; separate keys by commas, or leave it unset")
        return keys

    @field_validator("log_level", "device", "worker", mode="before")
    @classmethod
    def _lower(cls, value: object) -> object:
        return value.lower() if isinstance(value, str) else value

    @field_validator("root_path")
    @classmethod
    def _path(cls, value: str) -> str:
        if value and not value.startswith("/"):
            raise ValueError("has to begin with a slash, for example /tercet")
        return value.rstrip("/")


def load_settings() -> Settings:
    """The settings of this process. Raises `SettingsError` with a line for each problem."""
    try:
        return Settings()
    except ValidationError as error:
        raise SettingsError([_line(problem) for problem in error.errors()]) from error
    except (OSError, UnicodeDecodeError) as error:
        raise SettingsError([f".env cannot be read: {error}"]) from error


def _line(problem: Any) -> str:
    message = problem["msg"].removeprefix("Value error, ")
    if not problem["loc"]:
        return f"{message}."
    secret = not Settings.model_fields[problem["loc"][0]].repr
    shown = "…" if secret else str(problem["input"])
    if len(shown) > _LONGEST_SHOWN:
        shown = f"{shown[:_LONGEST_SHOWN]}…"
    return f"{PREFIX}{str(problem['loc'][0]).upper()}={shown}: {message[0].lower()}{message[1:]}."
