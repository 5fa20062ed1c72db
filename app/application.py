"""The ASGI application: routes, error handlers and middleware around one `Service`. Starts nothing by itself."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from fastapi import FastAPI
from starlette.middleware.errors import ServerErrorMiddleware
from starlette.types import ASGIApp

from app import openapi, problems
from app.admin_key import admin_keys
from app.audience import Audience, Watcher
from app.browsers import for_browsers
from app.datasets.intake import Intake
from app.datasets.store import DatasetStore
from app.dependencies import AdminOnly
from app.exchange_middleware import ExchangeMiddleware
from app.feedback.store import FeedbackStore
from app.head_requests import HeadMiddleware
from app.hot_swap import Load
from app.jobs.event_feed import EventFeeds
from app.jobs.ordering import Ordering
from app.jobs.store import JobStore
from app.keys import Keyring
from app.lingering import LingeringMiddleware
from app.loading import load_serving
from app.logs.access import AccessLog
from app.logs.writer import standard_error
from app.metrics.collector import ServiceCollector
from app.metrics.jobs import JobCounter
from app.metrics.requests import RequestMetrics
from app.routes import (
    datasets,
    docs,
    drift,
    explain,
    feedback,
    health,
    jobs,
    metrics,
    model,
    models,
    page,
    predict,
    retrain,
    statistics,
    stream,
    tfserving,
    v2,
)
from app.service import Service
from app.settings import Settings
from app.shortcut import Shortcut
from app.statistics import Statistics
from app.storage.database import Database
from app.tracing import switch
from model.version import __version__

_FLUSH_S = 3.0
"""How long the end waits for a collector to take the last spans: less than what a process gets on top of the drain."""


class Application(FastAPI):
    """FastAPI, with our middleware and the shortcut around all of it, and what it does not see in its OpenAPI."""

    def build_middleware_stack(self) -> ASGIApp:
        """The application as the server calls it; every answer carries a request id."""
        posts = {"/predict": predict.predict, "/explain": explain.explain} | dict.fromkeys(v2.INFER, v2.infer)
        posts |= dict.fromkeys(tfserving.PREDICT, tfserving.predict)
        posts |= dict.fromkeys(tfserving.CLASSIFY, tfserving.classify)
        app = super().build_middleware_stack()
        if isinstance(app, ServerErrorMiddleware):  # whose answer to a defect is in plain text, and ours came too late
            app = app.app
        app = Shortcut(app, self.state.service, self.state.keyring, posts)
        app = HeadMiddleware(problems.UnexpectedErrorMiddleware(LingeringMiddleware(app)), self.routes)
        app = for_browsers(app, self.state.service.settings)
        return ExchangeMiddleware(app, self.state.audience, self.state.tracer)

    def openapi(self) -> dict[str, Any]:
        """The OpenAPI document."""
        if self.openapi_schema is None:
            openapi.complete(
                super().openapi(),
                open_to_clients=self.state.keyring.open_to_clients,
                known_by_name=bool(self.state.service.settings.allowed_hosts),
            )
        return super().openapi()


def _watchers(settings: Settings, counters: Statistics) -> tuple[Watcher, ...]:
    """Who is told of every exchange that has ended."""
    log = (AccessLog(standard_error(), settings.log_format),) if settings.access_log else ()
    return RequestMetrics(counters), *log


def _include_metrics(app: FastAPI, settings: Settings, service: Service) -> None:
    """Let those read them who may by the settings."""
    app.state.collector = ServiceCollector(service.statistics, service.models)
    app.state.job_counter = JobCounter(app.state.database)
    if settings.metrics != "off":
        app.include_router(metrics.router, dependencies=[AdminOnly] if settings.metrics == "key" else [])


def create_app(settings: Settings, load: Load = load_serving, counters: Statistics | None = None) -> FastAPI:
    """The application. Its lifespan begins to load a model by `load`; `app.state.service` is its `Service`.

    `counters` are those of a process that is one of several; left out, it has its own.
    """
    app = Application(
        title="Tercet",
        version=__version__,
        description="Classifies short texts with a Conv1D-LSTM on GloVe vectors.",
        lifespan=_lifespan,
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
    )
    service = Service(settings, load, counters)
    _add_state(app, settings, service)
    clients = (predict, stream, explain, model, models, feedback, drift, v2, tfserving)
    for routes in (*clients, datasets, retrain, jobs, statistics, health, docs, page):
        app.include_router(routes.router)
    _include_metrics(app, settings, service)
    docs.mount_files(app)
    page.mount_files(app)
    problems.install(app)
    return app


@asynccontextmanager
async def _lifespan(app: FastAPI) -> AsyncIterator[None]:
    state = app.state
    state.service.start()
    yield
    state.service.stop()
    state.audience.tell()
    state.database.close()
    if state.tracer is not None:
        await asyncio.to_thread(state.tracer.stop, _FLUSH_S)


def _add_state(app: FastAPI, settings: Settings, service: Service) -> None:
    """What endpoints find at `app.state`."""
    state = app.state
    state.service = service
    state.audience = Audience(_watchers(settings, service.statistics))
    state.tracer = switch.recorder(settings)
    state.keyring = Keyring(settings.api_keys, admin_keys(settings))
    state.database = Database(settings.data, settings.database_url)
    state.datasets = DatasetStore(state.database, settings.datasets_folder)
    state.feedback = FeedbackStore(state.database)
    state.intake = Intake(settings, state.datasets)
    state.ordering = Ordering(settings, state.database)
    state.event_feeds = EventFeeds(JobStore(state.database), service.draining)
