"""Settings of the service: environment variables with the prefix TERCET_, or the same lines in `.env`.

Built once at the edge and passed in; nothing here is global. `.env.example` lists them all.
"""

import re
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import Field, ValidationError, ValidationInfo, field_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from app.errors import SettingsError
from model.errors import ConfigError
from model.signature import parse_keys

PREFIX = "TERCET_"
_LONGEST_SHOWN = 60

ANY = "*"
"""Every origin of web pages."""
_ORIGIN = re.compile(r"https?://[a-z0-9._\[\]:-]+")
_HOST = re.compile(r"(\*\.)?[a-z0-9._-]+|[0-9a-f:]+")

Count = Annotated[int, Field(ge=1)]
Keys = Annotated[tuple[str, ...], NoDecode, Field(repr=False)]
"""Secrets, separated by commas in the environment; never shown."""
Names = Annotated[tuple[str, ...], NoDecode]
"""Separated by commas too."""


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
    models_url: str | None = None
    """Of a replica on Ray: the bucket that its models come from, by any address that fsspec opens, such as
    s3://bucket/models; unset, they are in the data folder."""
    device: Literal["auto", "cpu", "gpu"] = "auto"
    intra_op_threads: Annotated[int, Field(ge=0)] = 1
    """TensorFlow's threads inside an operation; 0 takes one a core. The network is too small for more than one:
    docs/performance.md has the figures."""
    inter_op_threads: Annotated[int, Field(ge=0)] = 1
    """TensorFlow's threads for operations side by side; 0 takes one a core."""
    compile: bool = True
    """Whether to compile the network once it is loaded: seconds of processor time, after which a text takes half."""
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
    """How long the end may take after SIGTERM: the delay below and requests in flight."""
    drain_delay_s: Annotated[float, Field(ge=0)] = 1
    """How long after SIGTERM requests are taken as before while `/health/ready` fails; half the above at most."""
    header_timeout_s: Annotated[float, Field(gt=0)] = 10
    """How long the headers of a request may take to come; beyond that, 408."""
    body_timeout_s: Annotated[float, Field(gt=0)] = 60
    """How long a body may take to come, unless it is a stream's or a data set's; beyond that, 408."""
    keep_alive_s: Annotated[int, Field(ge=1)] = 75
    """How long a connection without a request stays open; longer than a load balancer (60 s) keeps it."""
    max_connections: Count = 10_000
    """Connections of a process; beyond that, new ones wait for room."""
    max_header_bytes: Annotated[int, Field(ge=1024)] = 65_536
    """Of a request's headers; beyond that, 431. Its target may take half of it; beyond that, 414."""
    stream_idle_s: Count = 60
    """How long a client may neither send a line to a stream nor read its answers, nor send a byte of a data set."""
    api_keys: Keys = ()
    """Keys that client routes ask for; without any they are open."""
    admin_keys: Keys = ()
    """Keys that admin routes ask for; without any, one is made at the first start and kept in the data folder."""
    bundle_key: Keys = ()
    """Keys of bundles' signatures: the first signs, all of them verify; without any, signatures are not asked for."""
    cors_origins: Names = ()
    """Origins of web pages that may read answers, such as https://example.org, or *; without any, our own alone."""
    allowed_hosts: Names = ()
    """Names by which the service may be asked, such as example.org or *.example.org; without any, by every name."""
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
    ray_address: str | None = None
    """A Ray cluster that retraining learns on: HOST:PORT of its head, or auto; unset, the worker's own machine."""
    ray_workers: Count = 2
    """Processes of a training on that cluster, each of as many cores as `training_threads`."""
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
    log_format: Literal["text", "json"] = "text"
    """A line of text for people, or a JSON object a line for machines."""
    log_texts: bool = False
    """Whether texts that are classified are logged, and messages of exceptions that may quote them."""
    access_log: bool = False
    """Whether a line is logged for each request."""
    metrics: Literal["open", "key", "off"] = "open"
    """Who may read `/metrics`: everybody who reaches the port, as `/health`; who has an admin key; or nobody."""
    drift_window_s: Annotated[int, Field(ge=60)] = 86_400
    """How far back `GET /drift` looks."""
    tracing: bool | None = None
    """Whether spans of requests are sent to an OpenTelemetry collector; None: where the environment names one."""

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

    @field_validator("cors_origins", "allowed_hosts", mode="before")
    @classmethod
    def _named(cls, value: object, info: ValidationInfo) -> object:
        if not isinstance(value, str):
            return value
        origins = info.field_name == "cors_origins"
        form, example = (_ORIGIN, "https://example.org") if origins else (_HOST, "example.org")
        names = tuple(filter(None, (name.strip().lower() for name in value.split(","))))
        if not names:  # as above
            raise ValueError("has no name; separate names by commas, or leave it unset")
        if wrong := [name for name in names if not form.fullmatch(name) and not (origins and name == ANY)]:
            raise ValueError(f"{wrong[0][:_LONGEST_SHOWN]!r} is not of the form {example}; separate several by commas")
        return names

    @field_validator("bundle_key", mode="before")
    @classmethod
    def _bundle_keys(cls, value: object) -> object:
        try:
            return parse_keys(value) if isinstance(value, str) else value
        except ConfigError as error:
            raise ValueError(str(error)) from error

    @field_validator("log_level", "log_format", "device", "worker", "metrics", mode="before")
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
