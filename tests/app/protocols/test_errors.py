"""Whatever goes wrong below the paths of protocols is said in their form, with the status that native routes have."""

import asyncio

import pytest

from app.protocols.errors import error, speaks_protocol
from tests.app.fakes import running


def exchange(method, path, **values):
    async def main():
        async with running(**values) as (_, client):
            return await client.request(method, path)

    return asyncio.run(main())


@pytest.mark.parametrize(
    ("path", "speaks"),
    [("/v2", True), ("/v2/health/live", True), ("/v1/models/a:predict", True), ("/v20", False), ("/predict", False)],
)
def test_the_path_tells_the_form(path, speaks):
    assert speaks_protocol({"path": path, "root_path": ""}) == speaks
    assert speaks_protocol({"path": f"/tercet{path}", "root_path": "/tercet"}) == speaks


def test_an_error_says_what_and_nothing_else():
    response = error(400, "Not so.", {"Retry-After": "1"})
    assert (response.status_code, bytes(response.body)) == (400, b'{"error":"Not so."}')
    assert (response.headers["content-type"], response.headers["retry-after"]) == ("application/json", "1")


@pytest.mark.parametrize("path", ["/v2/nothing", "/v1/nothing/here"])
def test_a_path_that_is_not_there_is_404_in_that_form(path):
    response = exchange("GET", path)
    assert (response.status_code, response.headers["content-type"]) == (404, "application/json")
    assert list(response.json()) == ["error"]


def test_native_paths_keep_problem_details():
    response = exchange("GET", "/nothing")
    assert response.headers["content-type"] == "application/problem+json"
    assert response.json()["status"] == 404
