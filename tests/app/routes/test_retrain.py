import asyncio
import json

import pytest

from app.jobs.schemas import JobView, RetrainOptions
from app.jobs.store import JobStore
from tests.app.jobs.retraining import HEADERS, Pipeline, add_dataset, add_model, app_of, asking, service

PATH = "/retrain"


@pytest.fixture
def pipeline(tmp_path, database, monkeypatch):
    add_model(tmp_path)
    add_dataset(database)
    return Pipeline(monkeypatch)


@pytest.fixture
def ask(tmp_path, database_url, pipeline):
    """Sends requests to a service and gives its answers."""

    return asking(tmp_path, database_url)


def post(content, **headers):
    body = content if isinstance(content, bytes) else json.dumps(content).encode()
    return "POST", PATH, {"content": body, "headers": {name.replace("_", "-"): v for name, v in headers.items()}}


def test_a_request_is_accepted_as_a_job_that_can_be_followed(ask, database):
    (response,) = ask(post({"dataset": "toy", "epochs": 3}))
    job = JobView.model_validate(response.json())
    assert response.status_code == 202
    assert response.headers["location"] == f"/jobs/{job.id}"
    assert "idempotent-replayed" not in response.headers
    assert (job.state, job.order.epochs, job.order.model, job.order.dataset.digest) == ("queued", 3, "toy", "d" * 64)
    assert JobStore(database).get(job.id).state == "queued"


def test_the_location_is_below_the_root_path(ask):
    (response,) = ask(post({"dataset": "toy"}), root_path="/tercet")
    assert response.headers["location"] == f"/tercet/jobs/{response.json()['id']}"


def test_the_answer_keeps_to_itself_what_is_nobodys_business(ask):
    (response,) = ask(post({"dataset": "toy"}))
    assert "file" not in response.json()["order"]["dataset"]
    assert "request_digest" not in response.json()["order"]


def test_a_request_that_is_sent_again_under_its_key_gives_the_same_job(ask, database):
    body = {"dataset": "toy", "seed": 1}
    first, again, quoted = ask(
        post(body, idempotency_key="one"),
        post({"seed": 1, "dataset": "toy", "promote": "if_better"}, idempotency_key="one"),
        post(body, idempotency_key='"one"'),
    )
    for response in (again, quoted):
        assert (response.status_code, response.headers["idempotent-replayed"]) == (202, "true")
        assert response.headers["location"] == first.headers["location"]
        assert response.json() == first.json()
    assert len(JobStore(database).list()) == 1


def test_a_key_that_was_used_for_something_else_is_refused(ask):
    first, other = ask(
        post({"dataset": "toy"}, idempotency_key="one"), post({"dataset": "toy", "seed": 1}, idempotency_key="one")
    )
    assert other.status_code == 422
    assert other.json()["errors"][0]["field"] == "Idempotency-Key"
    assert first.json()["id"] in other.json()["detail"]


@pytest.mark.parametrize("key", ["", "k" * 256, "two keys", '"open'])
def test_a_key_that_is_none_is_refused(ask, database, key):
    (response,) = ask(post({"dataset": "toy"}, idempotency_key=key))
    assert (response.status_code, response.json()["errors"][0]["field"]) == (422, "Idempotency-Key")
    assert JobStore(database).list() == []


@pytest.mark.parametrize("body", [b"", b"{", b"dataset=toy", b'{"dataset": "\xff"}'])
def test_what_is_no_json_is_refused(ask, body):
    (response,) = ask(post(body))
    assert response.status_code == 400


@pytest.mark.parametrize(
    ("body", "field", "message"),
    [
        ({}, "dataset", "dataset is missing"),
        ([], "body", "has to be an object"),
        (None, "body", "has to be an object"),
        ({"dataset": 1}, "dataset", "dataset has to be a string"),
        ({"dataset": None}, "dataset", "dataset has to be a string"),
        ({"dataset": "toy", "epochs": "3"}, "epochs", "epochs has to be a whole number"),
        ({"dataset": "toy", "epochs": 3.0}, "epochs", "epochs has to be a whole number"),
        ({"dataset": "toy", "epochs": True}, "epochs", "epochs has to be a whole number"),
        ({"dataset": "toy", "epochs": 10**30}, "epochs", "it has to be from 1 to 200"),
        ({"dataset": "toy", "epochs": 201}, "epochs", "it has to be from 1 to 200"),
        ({"dataset": "toy", "include_feedback": 1}, "include_feedback", "has to be true or false"),
        ({"dataset": "toy", "promote": "sometimes"}, "promote", "'if_better', 'always' or 'never'"),
        ({"dataset": "toy", "promote": True}, "promote", "'if_better', 'always' or 'never'"),
        ({"dataset": "toy", "epoch": 3}, "epoch", "is not a field of this request; it has dataset, preset, epochs"),
        ({"dataset": "none"}, "dataset", "there are: toy"),
        ({"dataset": "toy\0"}, "dataset", "there are: toy"),
        ({"dataset": "toy", "preset": "none"}, "preset", "there are: reference, small"),
    ],
)
def test_what_cannot_be_done_is_refused_before_it_is_queued(ask, database, body, field, message):
    (response,) = ask(post(body))
    assert response.status_code == 422
    assert response.headers["content-type"] == "application/problem+json"
    (error,) = response.json()["errors"]
    assert error["field"] == field
    assert message in error["message"]
    assert JobStore(database).list() == []


def test_a_body_that_is_too_large_is_refused(ask):
    (response,) = ask(post({"dataset": "t" * 2000}), max_body_bytes=1000)
    assert response.status_code == 413


def test_an_installation_that_only_serves_says_so(ask, pipeline, database):
    pipeline.missing = True
    refused, options = ask(post({"dataset": "toy"}), ("GET", f"{PATH}/options"))
    assert (refused.status_code, refused.json()["detail"]) == (503, "keras is not installed.")
    found = RetrainOptions.model_validate(options.json())
    assert (found.training.available, found.training.reason) == (False, "keras is not installed.")
    assert (found.presets, found.limits, found.defaults, found.datasets) == ([], None, None, ["toy"])
    assert JobStore(database).list() == []


def test_a_database_that_is_away_is_told(tmp_path, monkeypatch):
    Pipeline(monkeypatch)

    async def main():
        async with service(tmp_path, "postgresql://nobody@127.0.0.1:1/none") as client:
            return await client.post(PATH, json={"dataset": "toy"}), await client.get(f"{PATH}/options")

    for response in asyncio.run(main()):
        assert response.status_code == 503
        assert "database" in response.json()["detail"]


def test_a_service_that_shuts_down_takes_no_request(tmp_path, pipeline, database_url):
    async def main():
        async with service(tmp_path, database_url) as client:
            app_of(client).state.service.drain()
            return await client.post(PATH, json={"dataset": "toy"})

    assert asyncio.run(main()).status_code == 503


def test_the_options_say_what_may_be_asked_for(ask, tmp_path):
    (response,) = ask(("GET", f"{PATH}/options"), max_epochs=20, vectors=tmp_path / "own.txt.gz", worker="none")
    assert response.json() == {
        "training": {"available": True, "worker": "none", "reason": None},
        "datasets": ["toy"],
        "presets": [
            {"name": "reference", "summary": "as it is", "epochs": 20, "batch_size": 256},
            {"name": "small", "summary": "smaller", "epochs": 5, "batch_size": 64},
        ],
        "limits": {"epochs": [1, 20], "seed": [0, 4294967295]},
        "defaults": {
            "preset": "reference",
            "seed": 0,
            "include_feedback": False,
            "promote": "if_better",
            "allow_label_change": False,
        },
        "vectors": "own.txt.gz",
    }
    RetrainOptions.model_validate(response.json())


def test_what_the_options_offer_is_accepted(ask):
    (options,) = ask(("GET", f"{PATH}/options"))
    found = options.json()
    highest = {"epochs": found["limits"]["epochs"][1], "seed": found["limits"]["seed"][1]}
    (response,) = ask(post({"dataset": found["datasets"][0], **found["defaults"], **highest}))
    assert response.status_code == 202


def test_the_pipeline_is_asked_once(ask, pipeline):
    ask(post({"dataset": "toy"}), post({"dataset": "toy"}), ("GET", f"{PATH}/options"))
    assert pipeline.calls == [("presets", "--json")]


@pytest.mark.parametrize(("method", "path"), [("POST", PATH), ("GET", f"{PATH}/options")])
def test_both_need_an_admin_key(tmp_path, pipeline, database_url, method, path):
    async def main():
        async with service(tmp_path, database_url, api_keys=("a-client",)) as client:
            del client.headers["X-API-Key"]
            without = await client.request(method, path)
            return without, await client.request(method, path, headers={"X-API-Key": "a-client"})

    without, client = asyncio.run(main())
    assert (without.status_code, without.headers["www-authenticate"]) == (401, "Bearer")
    assert client.status_code == 403


def test_openapi_describes_the_request_and_its_key(tmp_path, pipeline, database_url):
    async def main():
        async with service(tmp_path, database_url) as client:
            return (await client.get("/openapi.json", headers=HEADERS)).json()

    document = asyncio.run(main())
    operation = document["paths"][PATH]["post"]
    schema = document["components"]["schemas"]["RetrainRequest"]
    assert operation["requestBody"]["content"]["application/json"]["schema"]["$ref"].endswith("/RetrainRequest")
    assert [parameter["name"] for parameter in operation["parameters"]] == ["Idempotency-Key"]
    assert schema["required"] == ["dataset"]
    assert all("description" in field for field in schema["properties"].values())
    assert schema["examples"]
