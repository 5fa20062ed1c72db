import asyncio
import threading

import pytest

from app import service as service_module
from app.application import create_app
from model.errors import BundleError
from tests.app.fakes import FakeEngine, client_of, fake_serving, running, settings


def broken(_):
    raise BundleError("var/models/fake/7: saved_model.pb is missing. Restore it.")


def get(path, load=None, *, draining=False):
    async def main():
        async with running(load) as (service, client):
            if draining:
                service.drain()
            return await client.get(path)

    return asyncio.run(main())


def test_ready_names_the_model_that_serves():
    response = get("/health/ready")
    assert response.status_code == 200
    assert response.json() == {"status": "ready", "model": {"name": "fake", "version": 7}}


def test_while_the_model_loads_the_service_is_live_and_not_ready():
    gate = threading.Event()

    async def main():
        def load(*_):
            gate.wait(10)
            return fake_serving()

        app = create_app(settings(), load)
        async with app.router.lifespan_context(app), client_of(app) as client:
            during = [await client.get(f"/health/{what}") for what in ("live", "ready")]
            refused = await client.post("/predict", json={"text": "one"})
            model = await client.get("/model")
            gate.set()
            await app.state.service.loaded()
            return during, refused, model, await client.get("/health/ready")

    (live, ready), refused, model, after = asyncio.run(main())
    assert live.status_code == 200
    for response in (ready, refused, model):
        assert (response.status_code, response.headers["retry-after"]) == (503, "2")
        assert "being loaded" in response.json()["detail"]
    assert after.status_code == 200


def test_a_model_that_cannot_be_loaded_is_named_by_ready_and_the_service_stays_live():
    response = get("/health/ready", broken)
    assert response.status_code == 503
    assert response.json()["detail"] == "var/models/fake/7: saved_model.pb is missing. Restore it."
    assert get("/health/live", broken).status_code == 200
    assert get("/model", broken).status_code == 503


def test_while_draining_the_service_is_live_and_not_ready():
    response = get("/health/ready", draining=True)
    assert response.status_code == 503
    assert "shutting down" in response.json()["detail"]
    assert get("/health/live", draining=True).status_code == 200


def test_an_inference_thread_that_has_ended_makes_the_service_not_live():
    async def main():
        async with running() as (service, client):
            await client.post("/predict", json={"text": "one"})
            service.stop()
            await asyncio.to_thread(service._batcher._thread.join, 10)
            return await client.get("/health/live")

    response = asyncio.run(main())
    assert response.status_code == 503
    assert "inference thread" in response.json()["detail"]


@pytest.mark.parametrize(("limit_s", "status"), [(3600.0, 200), (0.0, 503)])
def test_a_stuck_inference_thread_makes_the_service_not_live(monkeypatch, limit_s, status):
    monkeypatch.setattr(service_module, "STUCK_AFTER_S", limit_s)
    engine = FakeEngine()

    async def main():
        async with running(lambda *_: fake_serving(engine)) as (_, client):
            engine.open.clear()
            request = asyncio.ensure_future(client.post("/predict", json={"text": "one"}))
            await asyncio.to_thread(engine.started.wait, 10)
            live = await client.get("/health/live")
            engine.open.set()
            await request
            return live

    assert asyncio.run(main()).status_code == status
