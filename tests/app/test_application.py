import asyncio

import pytest

from app.application import create_app
from tests.app.fakes import running, settings


@pytest.fixture(scope="module")
def document():
    return create_app(settings(api_keys=("k" * 20,))).openapi()


def references(node):
    if isinstance(node, dict):
        for key, value in node.items():
            if key == "$ref":
                yield value
            yield from references(value)
    elif isinstance(node, list):
        for value in node:
            yield from references(value)


def test_openapi_lists_the_routes(document):
    own = {path for path in document["paths"] if not path.startswith(("/v1/", "/v2"))}
    assert own == {
        "/predict",
        "/predict/stream",
        "/explain",
        "/model",
        "/models",
        "/models/{version}",
        "/models/{version}/promote",
        "/models/{version}/report",
        "/feedback",
        "/datasets",
        "/datasets/{name}",
        "/retrain",
        "/retrain/options",
        "/jobs",
        "/jobs/{job_id}",
        "/jobs/{job_id}/events",
        "/statistics",
        "/metrics",
        "/drift",
        "/health/live",
        "/health/ready",
    }


def test_openapi_lists_the_routes_of_the_open_inference_protocol(document):
    assert {path for path in document["paths"] if path.startswith("/v2")} == {
        "/v2",
        "/v2/health/live",
        "/v2/health/ready",
        "/v2/models/{name}",
        "/v2/models/{name}/ready",
        "/v2/models/{name}/infer",
        "/v2/models/{name}/versions/{version}",
        "/v2/models/{name}/versions/{version}/ready",
        "/v2/models/{name}/versions/{version}/infer",
        "/v2/repository/index",
    }


def test_every_reference_in_openapi_leads_somewhere(document):
    found = set(references(document))
    assert "#/components/schemas/PredictRequest" in found
    for reference in found:
        assert reference.rpartition("/")[2] in document["components"]["schemas"]


def test_openapi_names_the_path_that_a_proxy_adds():
    async def main():
        async with running(root_path="/tercet") as (_, client):
            return (await client.get("/openapi.json")).json()

    assert asyncio.run(main())["servers"] == [{"url": "/tercet"}]


def test_openapi_says_what_a_prediction_takes(document):
    body = document["paths"]["/predict"]["post"]["requestBody"]
    assert body["required"]
    assert body["content"]["application/json"]["schema"] == {"$ref": "#/components/schemas/PredictRequest"}
    schema = document["components"]["schemas"]["PredictRequest"]
    assert set(schema["properties"]) == {"text", "texts"}
    assert schema["additionalProperties"] is False


def test_openapi_gives_every_error_as_a_problem(document):
    responses = document["paths"]["/predict"]["post"]["responses"]
    assert set(responses) == {"200", "400", "401", "413", "422", "429", "500", "503"}
    for status, response in responses.items():
        if status != "200":
            assert set(response["content"]) == {"application/problem+json"}


def test_openapi_says_what_an_explanation_takes_and_gives(document):
    explain = document["paths"]["/explain"]["post"]
    assert explain["requestBody"]["content"]["application/json"]["schema"] == {
        "$ref": "#/components/schemas/ExplainRequest"
    }
    assert {each["name"]: each["schema"].get("enum") for each in explain["parameters"] if each["in"] == "query"} == {
        "label": None,
        "detail": ["full", "summary"],
    }
    assert set(explain["responses"]) == {"200", "400", "401", "409", "413", "422", "429", "500", "503"}
    schemas = document["components"]["schemas"]
    assert schemas["ExplainRequest"]["required"] == ["text"]
    assert schemas["ExplainRequest"]["additionalProperties"] is False


@pytest.mark.parametrize(
    "name", ["ExplainRequest", "Explained", "Token", "ExplainedLayer", "Attributions", "Phrase", "ExplainedFilter"]
)
def test_openapi_describes_what_does_not_speak_for_itself(document, name):
    schema = document["components"]["schemas"][name]
    assert schema["description"]
    speaking = {"name", "label", "method", "baseline", "parameters", "statistics"}
    for field, described in schema["properties"].items():
        assert "description" in described or field in speaking, field


def test_openapi_says_that_a_report_is_a_page(document):
    found = document["paths"]["/models/{version}/report"]["get"]["responses"]
    assert set(found["200"]["content"]) == {"text/html"}
    assert set(found) == {"200", "401", "404", "409", "422", "503"}


@pytest.mark.parametrize(
    ("method", "path", "status", "allow"),
    [
        ("GET", "/nowhere", 404, None),
        ("GET", "/predict/", 404, None),
        ("GET", "/predict", 405, "POST"),
        ("DELETE", "/model", 405, "GET, HEAD"),
        ("POST", "/health/ready", 405, "GET, HEAD"),
        ("PATCH", "/datasets/a", 405, "GET, HEAD, PUT, DELETE"),
        ("OPTIONS", "/models/1", 405, "GET, HEAD, DELETE"),
    ],
)
def test_the_frameworks_own_errors_are_problems_too(method, path, status, allow):
    async def main():
        async with running() as (_, client):
            return await client.request(method, path, headers={"X-Request-ID": "mine"})

    response = asyncio.run(main())
    assert (response.status_code, response.headers.get("allow")) == (status, allow)
    assert response.headers["content-type"] == "application/problem+json"
    assert response.headers["x-request-id"] == "mine"
    assert response.json()["status"] == status


def test_a_second_application_has_a_state_of_its_own():
    first, second = create_app(settings()), create_app(settings())
    assert first.state.service is not second.state.service


def test_openapi_says_what_each_line_of_a_stream_is(document):
    stream = document["paths"]["/predict/stream"]["post"]
    (body,) = stream["requestBody"]["content"].items()
    (answer,) = stream["responses"]["200"]["content"].items()
    assert body == ("application/x-ndjson", {"itemSchema": {"$ref": "#/components/schemas/StreamLine"}})
    assert answer == ("application/x-ndjson", {"itemSchema": {"$ref": "#/components/schemas/StreamAnswer"}})
    assert set(stream["responses"]) == {"200", "401", "500", "503"}
    schemas = document["components"]["schemas"]
    assert schemas["StreamLine"]["required"] == ["text"]
    assert schemas["StreamLine"]["additionalProperties"] is False
    assert [each["$ref"].rpartition("/")[2] for each in schemas["StreamAnswer"]["anyOf"]] == [
        "Prediction",
        "StreamError",
    ]
    assert set(schemas["LineProblem"]["properties"]) == {"type", "title", "status", "detail", "errors", "line"}


def test_openapi_asks_for_no_key_where_none_is_asked_for():
    paths = create_app(settings()).openapi()["paths"]
    assert "security" not in paths["/predict"]["post"]
    assert "401" not in paths["/predict"]["post"]["responses"]
    assert paths["/retrain"]["post"]["security"] == [{"Bearer": ["admin"]}, {"X-API-Key": ["admin"]}]


def test_openapi_says_what_names_of_hosts_answer_where_they_are_set():
    paths = create_app(settings(allowed_hosts=("example.org",))).openapi()["paths"]
    with_421 = {path for path, item in paths.items() if all("421" in each["responses"] for each in item.values())}
    assert paths.keys() - with_421 == {"/health/live", "/health/ready", "/v2/health/live", "/v2/health/ready"}
    assert "421" not in str(create_app(settings()).openapi())


def test_openapi_has_no_errors_in_the_frameworks_form(document):
    assert "HTTPValidationError" not in str(document)


def test_a_defect_of_a_route_is_a_problem_with_its_request_named(caplog):
    def broken():
        raise ZeroDivisionError

    async def main():
        async with running() as (service, client):
            service.models.serving = broken
            return await client.get("/model", headers={"X-Request-ID": "mine"})

    response = asyncio.run(main())
    assert (response.status_code, response.headers["content-type"]) == (500, "application/problem+json")
    assert "under request mine" in response.json()["detail"]
    assert "ZeroDivisionError" in caplog.text
