import asyncio

import pytest

from app.cluster.replica import Replica
from app.errors import NotReadyError, SettingsError, StartError
from model.errors import RegistryError
from tests.app.fakes import client_of, fake_serving, settings


@pytest.fixture
def given(tmp_path, toy_models):
    """Settings of a replica whose registry has a model already."""
    (tmp_path / "models").symlink_to(toy_models)
    return settings(data=tmp_path)


def load(_settings, version=None):
    return fake_serving(version=version or 7)


async def started(given, load=load):
    return await Replica.start(given, load)


def ended(replica):
    replica.app.state.service.stop()
    replica.app.state.database.close()


def test_a_replica_serves_the_application_once_a_model_is_loaded(given):
    async def scenario():
        replica = await started(given)
        replica.check()
        async with client_of(replica.app) as client:
            ready, answer = await client.get("/health/ready"), await client.post("/predict", json={"text": "one"})
        assert (ready.json()["model"]["version"], answer.status_code) == (7, 200)
        assert replica.texts() == 0
        ended(replica)

    asyncio.run(scenario())


def test_a_model_that_cannot_be_loaded_keeps_the_replica_from_starting(given):
    def fails(_settings, version=None):
        raise RegistryError(f"there is no version {version}")

    with pytest.raises(StartError, match="there is no version None"):
        asyncio.run(started(given, fails))


def test_the_check_of_health_fails_where_the_route_does(given):
    async def scenario():
        replica = await started(given)
        replica.app.state.service.retire()
        async with client_of(replica.app) as client:
            assert (await client.get("/health/ready")).status_code == 503
        with pytest.raises(NotReadyError, match="send requests elsewhere"):
            replica.check()
        ended(replica)

    asyncio.run(scenario())


def test_a_replica_that_leaves_ends_feeds_and_answers_requests(given):
    async def scenario():
        replica = await started(given)
        replica.leave()
        assert replica.app.state.service.draining.is_set()
        async with client_of(replica.app) as client:
            assert (await client.post("/predict", json={"text": "one"})).status_code == 200
        ended(replica)

    asyncio.run(scenario())


def test_a_model_comes_from_the_bucket_that_the_settings_name(tmp_path, toy_models):
    given = settings(data=tmp_path / "data", models_url=f"file://{toy_models}")

    async def scenario():
        replica = await started(given)
        ended(replica)

    (toy_models / "toy" / "current").read_text()
    asyncio.run(scenario())
    assert (given.models_folder / "toy" / "1" / "saved_model.pb").exists()
    assert (given.models_folder / "toy" / "current").read_text() == "1\n"


@pytest.mark.parametrize(
    ("wrong", "said"),
    [({"data": "var"}, "TERCET_DATA=var: .* by its whole path"), ({"worker": "embedded"}, "TERCET_WORKER=embedded")],
)
def test_settings_that_would_do_for_one_process_alone_are_refused(tmp_path, wrong, said):
    with pytest.raises(SettingsError, match=said):
        asyncio.run(started(settings(**{"data": tmp_path, **wrong})))
