"""Who may use which route, over HTTP."""

import asyncio

import pytest

from tests.app.fakes import running

CLIENT, ADMIN = "client-key-0123456789", "admin-key-0123456789ab"
CLIENT_ROUTES = [
    ("POST", "/predict"),
    ("POST", "/predict/stream"),
    ("POST", "/feedback"),
    ("GET", "/model"),
    ("GET", "/models"),
]
ADMIN_ROUTES = [
    ("GET", "/datasets"),
    ("GET", "/datasets/a"),
    ("PUT", "/datasets/a"),
    ("DELETE", "/datasets/a"),
    ("POST", "/models/1/promote"),
    ("DELETE", "/models/1"),
    ("POST", "/retrain"),
    ("GET", "/retrain/options"),
    ("GET", "/jobs"),
    ("GET", "/jobs/a"),
    ("DELETE", "/jobs/a"),
    ("GET", "/jobs/a/events"),
]
PROBES = ["/health/live", "/health/ready", "/v2/health/live", "/v2/health/ready"]
OPEN_ROUTES = [*PROBES, "/docs", "/redoc", "/openapi.json", "/statistics", "/metrics"]


def ask(tmp_path, requests, api_keys=(CLIENT,), admin_keys=(ADMIN,)):
    async def main():
        async with running(data=tmp_path, api_keys=api_keys, admin_keys=admin_keys) as (_, client):
            return [await client.request(method, path, headers=headers) for method, path, headers in requests]

    return asyncio.run(main())


def bearer(key):
    return {"Authorization": f"Bearer {key}"}


@pytest.mark.parametrize(
    "headers", [{}, bearer("nobody's"), {"X-API-Key": "nobody's"}, {"Authorization": "Basic YTpi"}]
)
def test_routes_ask_for_a_key(tmp_path, headers):
    for answer in ask(tmp_path, [(*route, headers) for route in CLIENT_ROUTES + ADMIN_ROUTES]):
        assert answer.status_code == 401, answer.url
        assert answer.headers["www-authenticate"] == "Bearer"
        assert answer.headers["content-type"] == "application/problem+json"
        assert "nobody" not in answer.text


def test_a_clients_key_opens_client_routes_alone(tmp_path):
    requests = [(*route, bearer(CLIENT)) for route in CLIENT_ROUTES + ADMIN_ROUTES]
    statuses = [answer.status_code for answer in ask(tmp_path, requests)]
    assert statuses == [400, 200, 400, 200, 200] + [403] * len(ADMIN_ROUTES)


def test_an_admins_key_opens_both(tmp_path):
    requests = [(*route, {"X-API-Key": ADMIN}) for route in CLIENT_ROUTES + ADMIN_ROUTES]
    statuses = {answer.status_code for answer in ask(tmp_path, requests)}
    assert statuses.isdisjoint({401, 403, 500})


def test_without_keys_client_routes_are_open_and_admin_routes_are_not(tmp_path):
    requests = [(method, path, None) for method, path in CLIENT_ROUTES + ADMIN_ROUTES]
    statuses = [answer.status_code for answer in ask(tmp_path, requests, api_keys=(), admin_keys=())]
    assert statuses == [400, 200, 400, 200, 200] + [401] * len(ADMIN_ROUTES)


def test_what_operators_and_browsers_ask_for_is_open(tmp_path):
    answers = ask(tmp_path, [("GET", path, {}) for path in OPEN_ROUTES])
    assert [answer.status_code for answer in answers] == [200] * len(OPEN_ROUTES)


def test_openapi_gives_every_route_that_asks_for_a_key_both_ways_to_send_it(tmp_path):
    document = ask(tmp_path, [("GET", "/openapi.json", {})])[0].json()
    assert document["components"]["securitySchemes"]["Bearer"]["scheme"] == "bearer"
    assert document["components"]["securitySchemes"]["X-API-Key"]["name"] == "X-API-Key"
    for path, operations in document["paths"].items():
        for operation in operations.values():
            schemes = [*map(list, operation.get("security", ()))]
            assert schemes == ([] if path in OPEN_ROUTES else [["Bearer"], ["X-API-Key"]]), path
            assert ("401" in operation["responses"]) is bool(schemes), path


def test_the_generated_key_is_taken(tmp_path):
    (tmp_path / "admin-key").write_text("generated-key-0123456789\n")
    (answer,) = ask(tmp_path, [("GET", "/datasets", bearer("generated-key-0123456789"))], admin_keys=())
    assert answer.status_code == 200
