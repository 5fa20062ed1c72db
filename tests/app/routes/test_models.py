import asyncio
import shutil

import pytest
from sqlalchemy import select

from app import hot_swap
from app.application import create_app
from app.schemas import ModelVersions, Ready, StoredModel
from app.storage.tables import AuditEntry
from model import bundle, durable
from model.errors import BundleError
from model.registry import Registry
from tests.app.fakes import FakeLoad, client_of, running, settings
from tests.bundles import remanifest

ADMIN = {"Authorization": "Bearer an-admin-key-for-tests"}
CLIENT = {"X-API-Key": "a-client-key-for-tests"}


@pytest.fixture
def registry(tmp_path, toy_models, monkeypatch):
    """A registry with three versions of `fake`, of which 1 is current."""
    monkeypatch.setattr(hot_swap, "POLL_EVERY_S", 3600)
    registry = Registry(tmp_path / "models")
    for _ in range(3):
        registry.add("fake", lambda folder: shutil.copytree(toy_models / "toy" / "1", folder, dirs_exist_ok=True))
    return registry


@pytest.fixture
def load():
    return FakeLoad()


@pytest.fixture
def ask(registry, load):
    """Sends requests, each a method and a path, as an admin; gives the answers."""

    def ask(*requests, headers=None, **values):
        async def main():
            keys = {"admin_keys": ("an-admin-key-for-tests",), **values}
            async with running(load, data=registry.folder.parent, **keys) as (_, client):
                return [await client.request(*each.split(), headers=headers or ADMIN) for each in requests]

        return asyncio.run(main())

    return ask


def test_the_versions_are_listed_with_what_serves(ask):
    (response,) = ask("GET /models")
    assert response.status_code == 200
    found = ModelVersions.model_validate(response.json())
    assert found.name == "fake"
    assert [(each.version, each.serving) for each in found.versions] == [(3, False), (2, False), (1, True)]
    assert found.versions[0].metrics == {"accuracy": 0.5}


def test_a_version_is_described_by_its_manifest(ask):
    found, missing, wrong = ask("GET /models/2", "GET /models/9", "GET /models/x")
    described = StoredModel.model_validate(found.json())
    assert (described.name, described.version, described.labels) == ("fake", 2, ["calm", "storm", "thaw"])
    assert (missing.status_code, wrong.status_code) == (404, 422)
    assert "has no version 9" in missing.json()["detail"]


def test_a_promotion_is_answered_once_the_version_serves_and_the_way_back_is_another(ask, registry):
    promoted, predicted, listed, back, ready = ask(
        "POST /models/2/promote", "GET /model", "GET /models", "POST /models/1/promote", "GET /health/ready"
    )
    assert (promoted.status_code, promoted.json()) == (200, {"name": "fake", "version": 2})
    assert predicted.json()["version"] == 2
    assert [each["version"] for each in listed.json()["versions"] if each["previous"]] == [1]
    assert back.status_code == 200
    assert ready.json() == {"status": "ready", "model": {"name": "fake", "version": 1}}
    assert (registry.current("fake"), registry.previous("fake")) == (1, 2)


def test_a_version_that_cannot_be_served_is_refused_in_words_and_nothing_changes(ask, registry, load):
    load.broken[2] = BundleError("models/fake/2: saved_model.pb is missing.")
    broken, missing, ready = ask("POST /models/2/promote", "POST /models/9/promote", "GET /health/ready")
    assert (broken.status_code, broken.json()["detail"]) == (409, "models/fake/2: saved_model.pb is missing.")
    assert missing.status_code == 404
    assert ready.json()["model"]["version"] == 1
    assert registry.current("fake") == 1


def test_a_version_is_removed_unless_it_serves(ask, registry):
    gone, again, serving = ask("DELETE /models/3", "DELETE /models/3", "DELETE /models/1")
    assert (gone.status_code, gone.content) == (204, b"")
    assert again.status_code == 404
    assert serving.status_code == 409
    assert "serves" in serving.json()["detail"]
    assert registry.versions("fake") == [1, 2]


REPORT = f"{bundle.REPORT}/report.html"


@pytest.fixture
def reported(registry):
    """The registry, of which version 2 has a training report."""
    folder = registry.path("fake", 2)
    durable.write_text(folder / REPORT, "<!DOCTYPE html><title>How it went</title>")
    remanifest(folder)
    return registry


def test_the_report_of_a_training_is_shown_and_may_do_nothing(ask, reported):
    (response,) = ask("GET /models/2/report")
    assert response.status_code == 200
    assert response.text == "<!DOCTYPE html><title>How it went</title>"
    assert response.headers["content-type"] == "text/html; charset=utf-8"
    assert response.headers["x-content-type-options"] == "nosniff"
    policy = {each.strip() for each in response.headers["content-security-policy"].split(";")}
    assert policy == {
        "default-src 'none'",
        "style-src 'unsafe-inline'",
        "img-src data:",
        "base-uri 'none'",
        "form-action 'none'",
        "frame-ancestors 'none'",
        "sandbox",
    }


def test_where_there_is_no_report_that_is_said(ask, reported):
    without, missing, wrong, listed = ask(
        "GET /models/1/report", "GET /models/9/report", "GET /models/x/report", "GET /models"
    )
    assert (without.status_code, without.json()["detail"]) == (404, "fake 1 has no training report.")
    assert (missing.status_code, wrong.status_code) == (404, 422)
    assert [version["report"] for version in listed.json()["versions"]] == [False, True, False]


@pytest.mark.parametrize("damage", [lambda path: path.unlink(), lambda path: path.write_text("<script>")])
def test_a_report_that_is_not_the_one_of_the_training_is_not_shown(ask, reported, damage):
    damage(reported.path("fake", 2) / REPORT)
    (response,) = ask("GET /models/2/report")
    assert response.status_code == 409
    assert "report.html" in response.json()["detail"]


@pytest.mark.parametrize("request_", ["POST /models/2/promote", "DELETE /models/3"])
@pytest.mark.parametrize(("headers", "status"), [({"Accept": "*/*"}, 401), (CLIENT, 403)])
def test_changes_are_for_admins(ask, registry, request_, headers, status):
    (response,) = ask(request_, headers=headers, api_keys=(CLIENT["X-API-Key"],))
    assert response.status_code == status
    assert registry.versions("fake") == [1, 2, 3]
    assert registry.current("fake") == 1


@pytest.mark.parametrize("request_", ["GET /models", "GET /models/1", "GET /models/2/report"])
@pytest.mark.parametrize(("headers", "status"), [({"Accept": "*/*"}, 401), (CLIENT, 200), (ADMIN, 200)])
def test_reading_is_for_clients(ask, reported, request_, headers, status):
    (response,) = ask(request_, headers=headers, api_keys=(CLIENT["X-API-Key"],))
    assert response.status_code == status


def test_every_change_is_on_record(registry, load):
    async def main():
        async with running(load, data=registry.folder.parent, admin_keys=("an-admin-key-for-tests",)) as (_, client):
            for method, path in (("POST", "/models/2/promote"), ("DELETE", "/models/2"), ("GET", "/models")):
                await client.request(method, path, headers=ADMIN)
            with client._transport.app.state.database.read() as session:
                return [(e.action, e.target, e.outcome) for e in session.scalars(select(AuditEntry))]

    assert asyncio.run(main()) == [("POST", "/models/2/promote", "200"), ("DELETE", "/models/2", "409")]


@pytest.mark.parametrize(
    "request_", ["GET /models", "GET /models/1", "GET /models/1/report", "POST /models/1/promote", "DELETE /models/1"]
)
def test_without_a_model_there_is_nothing_to_list_or_change(registry, request_):
    async def main():
        app = app_without_model(registry)
        async with client_of(app) as client:
            return await client.request(*request_.split(), headers=ADMIN)

    assert asyncio.run(main()).status_code == 503


def app_without_model(registry):
    given = settings(data=registry.folder.parent, admin_keys=("an-admin-key-for-tests",))
    return create_app(given, FakeLoad())


def test_ready_says_which_version_cannot_be_served_and_stays_200(registry, load):
    load.broken[2] = BundleError("models/fake/2: saved_model.pb is missing.")

    async def main():
        async with running(load, data=registry.folder.parent) as (service, client):
            registry.promote("fake", 2)
            await service.swap.follow()
            return await client.get("/health/ready"), await client.get("/statistics")

    ready, statistics = asyncio.run(main())
    assert ready.status_code == 200
    assert ready.json() == {
        "status": "ready",
        "model": {"name": "fake", "version": 1},
        "failed": {"version": 2, "reason": "models/fake/2: saved_model.pb is missing."},
    }
    Ready.model_validate(ready.json(), extra="forbid")
    assert statistics.json()["models"] == {"swaps": 0, "failed_swaps": 1}
