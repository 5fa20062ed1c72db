"""A service that has a model, a data set and a pipeline to ask, none of which is more than a name."""

import asyncio
import contextlib

from app import pipeline_command
from app.errors import PipelineMissingError
from app.jobs.order import TrainingOrder
from app.storage.tables import DatasetVersion
from tests.app.fakes import running

KEY = "an-admin-key"
HEADERS = {"X-API-Key": KEY}
PRESETS = {
    "presets": [
        {"name": "reference", "summary": "as it is", "epochs": 50, "batch_size": 256},
        {"name": "small", "summary": "smaller", "epochs": 5, "batch_size": 64},
    ],
    "default": "reference",
    "limits": {"epochs": [1, 10000], "seed": [0, 4294967295]},
}


class Pipeline:
    """Answers as `python -m training presets` does, and counts how often."""

    def __init__(self, monkeypatch):
        self.calls, self.missing = [], False
        monkeypatch.setattr(pipeline_command, "run", self.run)

    async def run(self, *arguments):
        self.calls.append(arguments)
        if self.missing:
            raise PipelineMissingError("keras is not installed.")
        return PRESETS


def add_model(folder, name="toy"):
    (folder / "models" / name / "1").mkdir(parents=True)


def add_dataset(database, name="toy", digest="d", facts=None):
    """A row alone: nobody reads the file here."""
    with database.write() as session:
        session.add(
            DatasetVersion(
                name=name,
                digest=digest * 64,
                file=f"{name}/{digest * 64}.csv",
                size_bytes=1,
                text_column="text",
                label_column="label",
                facts=facts or {},
            )
        )


@contextlib.asynccontextmanager
async def service(folder, database_url=None, **values):
    """The application with an admin's client; its database is the one that `database_url` names."""
    async with running(data=folder, database_url=database_url, admin_keys=(KEY,), **values) as (_, client):
        client.headers.update(HEADERS)
        yield client


def asking(folder, database_url):
    """What sends requests to a service and gives its answers: `ask((method, path, {more}), …)`."""

    def ask(*requests, **values):
        async def main():
            async with service(folder, database_url, **values) as client:
                return [
                    await client.request(*request[:2], **(request[2] if request[2:] else {})) for request in requests
                ]

        return asyncio.run(main())

    return ask


def app_of(client):
    return client._transport.app


def ordered(job):
    """What a job does."""
    return TrainingOrder.model_validate(job.request)
