"""From a request for retraining to a job: what can be known to go wrong is refused here, before anything is queued.

What the request leaves open is decided now, the content of the data set among it, and not when the job runs.
"""

import asyncio
import logging
from collections.abc import Iterator
from hashlib import sha256
from typing import Any

from sqlalchemy import select

from app.datasets.store import DatasetStore
from app.errors import ConflictError, FieldProblem, InvalidRequestError, PipelineMissingError
from app.jobs.idempotency import invalid_key
from app.jobs.options import OptionsSource, TrainingOptions
from app.jobs.order import OrderedDataset, TrainingOrder
from app.jobs.queue import JobQueue
from app.jobs.schemas import RetrainRequest
from app.jobs.store import JobStore
from app.loading import choose_model
from app.logs.context import bound
from app.settings import Settings
from app.storage.database import Database
from app.storage.tables import DatasetVersion, Job
from model.errors import RegistryError
from model.registry import Registry

_SEED = 0

logger = logging.getLogger(__name__)


class Ordering:
    """Takes requests for retraining."""

    def __init__(self, settings: Settings, database: Database, options: OptionsSource | None = None) -> None:
        """`options` are those of the pipeline that is installed, if they are left out."""
        self.options = options or OptionsSource(settings.max_epochs)
        self._settings, self._database, self._queue = settings, database, JobQueue(settings)
        self._jobs, self._datasets = JobStore(database), DatasetStore(database, settings.datasets_folder)

    async def place(self, request: RetrainRequest, key: str | None = None) -> tuple[Job, bool]:
        """The job that does what is asked, and whether it is new: under a key that came before it is the one of then.

        Raises `InvalidRequestError`; `ConflictError` where it is not clear which model to train; `StorageError`; and
        `PipelineError` or `PipelineMissingError` where the options cannot be known.
        """
        if key is not None:
            job = await asyncio.to_thread(self._with_key, key)
            if job is not None:
                return _same(job, request), False
        options = await self.options.get()
        return await asyncio.to_thread(self._submit, request, options, key)

    async def describe(self) -> dict[str, Any]:
        """The content of `RetrainOptions`. Raises `StorageError`, and `PipelineError` where the pipeline is defect."""
        reason, options = None, None
        try:
            options = await self.options.get()
        except PipelineMissingError as error:
            reason = str(error)
        vectors = self._settings.vectors
        return {
            "training": {"available": options is not None, "worker": self._settings.worker, "reason": reason},
            "datasets": [*await asyncio.to_thread(self._newest)],
            "presets": [preset.model_dump() for preset in options.presets] if options else [],
            "limits": options.limits.model_dump() if options else None,
            "defaults": _defaults(options) if options else None,
            "vectors": vectors.name if vectors else "box",
        }

    def _with_key(self, key: str) -> Job | None:
        with self._database.read() as session:
            return session.scalar(select(Job).where(Job.idempotency_key == key))

    def _submit(self, request: RetrainRequest, options: TrainingOptions, key: str | None) -> tuple[Job, bool]:
        order = self.order(request, options)
        try:
            job, created = self._jobs.submit(order, key)
        except ConflictError as error:  # the same key a moment ago, with something else
            raise invalid_key(f"was used before: {error}") from error
        if created:
            logger.info("Job %s is ordered", job.id, extra={"fields": {"job_id": job.id}})
            self._queue.enqueue(job.id)
        return job, created

    def order(self, request: RetrainRequest, options: TrainingOptions) -> TrainingOrder:
        """What is to be done, to the last choice. Blocking. Raises as `place` does."""
        problems = list(_out_of_range(request, options))
        preset = options.preset(_preset_name(request, options))
        newest = self._newest()
        version = newest.get(request.dataset)
        if version is None:
            there = ", ".join(newest) or "none; upload one by PUT /datasets/{name}"
            unknown = f"dataset: there is no data set {request.dataset[:80]!r}; there are: {there}"
            problems.insert(0, FieldProblem("dataset", unknown))
        if version is None or preset is None or problems:
            raise InvalidRequestError(problems)
        return TrainingOrder(
            dataset=OrderedDataset(
                name=version.name,
                digest=version.digest,
                file=version.file,
                text_column=version.text_column,
                label_column=version.label_column,
            ),
            model=self._model(),
            preset=preset.name,
            epochs=preset.epochs if request.epochs is None else request.epochs,
            seed=_SEED if request.seed is None else request.seed,
            include_feedback=request.include_feedback,
            promote=request.promote,
            allow_label_change=request.allow_label_change,
            request_digest=digest(request),
            traceparent=_place(),
        )

    def _newest(self) -> dict[str, DatasetVersion]:
        """The newest content of each data set. A name is looked for here: some strings a database does not take."""
        return {latest.version.name: latest.version for latest in self._datasets.all()}

    def _model(self) -> str:
        try:
            return choose_model(Registry(self._settings.models_folder), self._settings.model)
        except RegistryError as error:
            raise ConflictError(f"It is not clear which model to train: {error}") from error


def _place() -> str | None:
    """Of the request that orders, in a trace."""
    owner = bound.get()
    return None if owner is None or owner.trace is None else owner.trace.header().decode()


def _defaults(options: TrainingOptions) -> dict[str, Any]:
    left_out = RetrainRequest(dataset="").model_dump(exclude={"dataset", "epochs"})
    return left_out | {"preset": options.default, "seed": _SEED}


def digest(request: RetrainRequest) -> str:
    """What two requests for the same have in common, whether they leave a default out or not."""
    return sha256(request.model_dump_json(exclude_defaults=True).encode()).hexdigest()


def _same(job: Job, request: RetrainRequest) -> Job:
    if job.request.get("request_digest") != digest(request):
        raise invalid_key(f"was used before for something else, which is job {job.id}; send another key")
    return job


def _preset_name(request: RetrainRequest, options: TrainingOptions) -> str:
    return options.default if request.preset is None else request.preset


def _out_of_range(request: RetrainRequest, options: TrainingOptions) -> Iterator[FieldProblem]:
    preset = _preset_name(request, options)
    if options.preset(preset) is None:
        there = ", ".join(preset.name for preset in options.presets)
        yield FieldProblem("preset", f"preset: there is no preset {preset[:80]!r}; there are: {there}")
    for name, value, (least, most) in (
        ("epochs", request.epochs, options.limits.epochs),
        ("seed", request.seed, options.limits.seed),
    ):
        if value is not None and not least <= value <= most:
            yield FieldProblem(name, f"{name} is {value}; it has to be from {least} to {most}")
