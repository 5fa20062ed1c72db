"""The ASGI application: routes, error handlers and middleware around one `Service`. Starts nothing by itself."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from fastapi import FastAPI
from pydantic.json_schema import models_json_schema
from starlette.types import ASGIApp

from app import problems
from app.admin_key import admin_keys
from app.datasets.intake import Intake
from app.datasets.store import DatasetStore
from app.explain_request import ExplainRequest
from app.feedback.schemas import FeedbackRequest
from app.feedback.store import FeedbackStore
from app.hot_swap import Load
from app.jobs.event_feed import EventFeeds
from app.jobs.ordering import Ordering
from app.jobs.schemas import RetrainRequest
from app.jobs.store import JobStore
from app.keys import Keyring
from app.lingering import LingeringMiddleware
from app.loading import load_serving
from app.predict_request import PredictRequest, StreamLine
from app.request_id import RequestIdMiddleware
from app.routes import (
    datasets,
    docs,
    explain,
    feedback,
    health,
    jobs,
    model,
    models,
    page,
    predict,
    retrain,
    statistics,
    stream,
)
from app.schemas import StreamAnswer
from app.service import Service
from app.settings import Settings
from app.shortcut import Shortcut
from app.statistics import Statistics
from app.storage.database import Database
from model.version import __version__


class Application(FastAPI):
    """FastAPI, with our middleware and the shortcut around all of it, and what it does not see in its OpenAPI."""

    def build_middleware_stack(self) -> ASGIApp:
        """The application as the server calls it; every answer carries a request id."""
        posts = {"/predict": predict.predict, "/explain": explain.explain}
        app: ASGIApp = Shortcut(super().build_middleware_stack(), self.state.service, self.state.keyring, posts)
        return RequestIdMiddleware(problems.UnexpectedErrorMiddleware(LingeringMiddleware(app)))

    def openapi(self) -> dict[str, Any]:
        """The OpenAPI document."""
        if self.openapi_schema is None:
            document = super().openapi()
            _, own = models_json_schema(
                [
                    (PredictRequest, "validation"),
                    (ExplainRequest, "validation"),
                    (StreamLine, "validation"),
                    (StreamAnswer, "serialization"),
                    (FeedbackRequest, "validation"),
                    (RetrainRequest, "validation"),
                    (problems.Problem, "serialization"),
                ],
                ref_template="#/components/schemas/{model}",
            )
            document["components"]["schemas"] |= own["$defs"]
        return super().openapi()


def create_app(settings: Settings, load: Load = load_serving, counters: Statistics | None = None) -> FastAPI:
    """The application. Its lifespan begins to load a model by `load`; `app.state.service` is its `Service`.

    `counters` are those of a process that is one of several; left out, it has its own.
    """
    service = Service(settings, load, counters)

    @asynccontextmanager
    async def lifespan(_app: FastAPI) -> AsyncIterator[None]:
        service.start()
        yield
        service.stop()
        app.state.database.close()

    app = Application(
        title="Tercet",
        version=__version__,
        description="Classifies short texts with a Conv1D-LSTM on GloVe vectors.",
        lifespan=lifespan,
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
    )
    app.state.service = service
    app.state.keyring = Keyring(settings.api_keys, admin_keys(settings))
    app.state.database = Database(settings.data, settings.database_url)
    app.state.datasets = DatasetStore(app.state.database, settings.datasets_folder)
    app.state.feedback = FeedbackStore(app.state.database)
    app.state.intake = Intake(settings, app.state.datasets)
    app.state.ordering = Ordering(settings, app.state.database)
    app.state.event_feeds = EventFeeds(JobStore(app.state.database), service.draining)
    clients = (predict, stream, explain, model, models, feedback)
    for routes in (*clients, datasets, retrain, jobs, statistics, health, docs, page):
        app.include_router(routes.router)
    docs.mount_files(app)
    page.mount_files(app)
    problems.install(app)
    return app
