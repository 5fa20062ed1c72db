"""Fixtures that several packages of tests share."""

import gc
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest
from xdist.remote import Producer
from xdist.scheduler import LoadFileScheduling

from app.storage.database import Database
from tests import postgres as server
from tests import ray_cluster, redis_server
from tests.app.process import Service, started
from tests.postgres import Postgres
from tests.ray_cluster import Cluster


class _OneClusterAtATime(LoadFileScheduling):
    """A file goes to one worker, and so do all files with a Ray cluster: two clusters at a time are too many."""

    def _split_scope(self, nodeid: str) -> str:
        file = Path(super()._split_scope(nodeid))
        return "ray" if file.parent.name == "cluster" or file.name == "test_cluster.py" else str(file)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Producer) -> LoadFileScheduling:
    return _OneClusterAtATime(config, log)


def pytest_sessionstart() -> None:
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:  # of a shell's `&`, and of all that tests start then
        signal.signal(signal.SIGINT, signal.default_int_handler)
    gc.disable()  # while thousands of tests and their libraries are made, all of which stay


def pytest_collection_finish() -> None:
    gc.freeze()
    gc.enable()


@pytest.fixture(scope="session")
def toy_models(tmp_path_factory):
    """A registry folder with one real model, `toy`, of version 1. Shared: tests that change it make their own."""
    from tests.bundles import make_bundle

    models = tmp_path_factory.mktemp("toy") / "models"
    make_bundle(models)
    return models


@pytest.fixture(scope="session")
def first_start(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Service, Path]]:
    """The service as `make serve` starts it for the first time, and its data folder. Shared: no test changes it."""
    folder = tmp_path_factory.mktemp("first-start")
    with started(folder, COMPILE=True) as service:
        service.wait_until_ready()
        yield service, folder / "var"


@pytest.fixture(scope="session")
def postgres() -> Iterator[Postgres]:
    """A Postgres server of these tests alone."""
    with server.running() as started:
        yield started


@pytest.fixture(scope="session")
def _nodes() -> Iterator[Cluster]:
    with ray_cluster.running() as three:
        yield three


@pytest.fixture
def cluster(_nodes: Cluster) -> Cluster:
    """A Ray cluster of three nodes, whatever the test before has killed but the head. Shared."""
    _nodes.fill_up()
    return _nodes


@pytest.fixture(scope="session")
def redis_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """TERCET_QUEUE_URL of a Redis of these tests alone."""
    with redis_server.running(tmp_path_factory.mktemp("redis")) as url:
        yield url


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def database_url(request: pytest.FixtureRequest) -> Iterator[str | None]:
    """TERCET_DATABASE_URL: None for SQLite in the data folder, then the URL of an empty database of Postgres."""
    if request.param == "sqlite":
        yield None
        return
    started: Postgres = request.getfixturevalue("postgres")
    url = started.create()
    yield url
    started.drop(url)


@pytest.fixture
def database(tmp_path: Path, database_url: str | None) -> Iterator[Database]:
    """An empty database, of each kind in turn. SQLite's is in `tmp_path`."""
    opened = Database(tmp_path, database_url)
    yield opened
    opened.close()
