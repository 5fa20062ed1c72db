import asyncio
import dataclasses

import pytest

from app.metrics.schemas import DriftAnswer
from model.errors import BundleError
from tests.app.fakes import fake_serving, running
from tests.app.metrics.scraping import labelled, samples

METRICS = {"confusion": [[450, 50], [50, 450]], "rows": 1000, "unknown_share": 0.2}


def serving(**metrics):
    fake = fake_serving()
    manifest = fake.bundle.manifest.model_copy(update={"metrics": metrics})
    return dataclasses.replace(fake, bundle=dataclasses.replace(fake.bundle, manifest=manifest))


def asked(*bodies, load=None, **values):
    """The answer of /drift and the gauges after some calls of /predict."""

    async def main():
        async with running(load or (lambda *_: serving(**METRICS)), **values) as (_, client):
            for body in bodies:
                assert (await client.post("/predict", json=body)).status_code == 200
            return await client.get("/drift"), samples((await client.get("/metrics")).text)

    return asyncio.run(main())


def test_the_answer_compares_what_was_asked_lately_with_the_test_rows(tmp_path):
    response, found = asked({"texts": ["one what"] * 25 + ["three two"] * 75}, data=tmp_path)
    assert response.status_code == 200
    content = response.json()
    assert DriftAnswer.model_validate(content, strict=True, extra="forbid").model_dump() == content
    classes, words = content.pop("classes"), content.pop("unknown_words")
    assert content == {"model": {"name": "fake", "version": 7}, "window_s": 86_400, "texts": 100, "words": 200}
    # (0.25 - 0.5) ln 0.5 + (0.75 - 0.5) ln 1.5
    assert classes.pop("psi") == pytest.approx(0.274653, abs=1e-6)
    assert classes.pop("noise") == pytest.approx(3.84 * (1 / 100 + 1 / 1000), rel=0.03)
    assert classes == {
        "level": "major",
        "reason": None,
        "shares": [
            {"label": "few", "live": 0.25, "reference": 0.5},
            {"label": "many", "live": 0.75, "reference": 0.5},
        ],
    }
    # 25 of 200 words: (0.125 - 0.2) ln 0.625 + (0.875 - 0.8) ln 1.09375
    assert words.pop("psi") == pytest.approx(0.075 * 0.470004 + 0.075 * 0.089612, abs=1e-6)
    assert (words["level"], words["live"], words["reference"], words["reason"]) == ("stable", 0.125, 0.2, None)
    gauges = labelled(found, "tercet_drift_psi")
    assert gauges == {
        ("classes",): pytest.approx(0.274653, abs=1e-6),
        ("unknown_words",): pytest.approx(0.041971, abs=1e-6),
    }


def test_explanations_and_corrections_are_no_sample_of_what_is_asked(tmp_path):
    async def main():
        async with running(lambda *_: serving(**METRICS), data=tmp_path) as (_, client):
            await client.post("/explain", json={"text": "one"})
            assert (await client.post("/feedback", json={"text": "one", "label": "few"})).status_code == 201
            return (await client.get("/drift")).json()

    assert asyncio.run(main())["texts"] == 0


def test_with_too_few_texts_there_is_a_reason_and_no_gauge(tmp_path):
    response, found = asked({"text": "one"}, data=tmp_path)
    content = response.json()
    assert content["classes"]["psi"] is content["classes"]["level"] is None
    assert content["classes"]["reason"] == "1 of the 39 texts that it takes to tell drift from chance."
    assert labelled(found, "tercet_drift_psi") == {}


def test_a_bundle_without_figures_has_a_reason(tmp_path):
    response, found = asked({"texts": ["one"] * 100}, load=lambda *_: serving(), data=tmp_path)
    content = response.json()
    assert content["texts"] == 100
    assert "does not say" in content["classes"]["reason"]
    assert content["classes"]["shares"][0] == {"label": "few", "live": 1.0, "reference": None}
    assert labelled(found, "tercet_drift_psi") == {}


def test_without_a_model_there_is_none(tmp_path):
    def broken(*_):
        raise BundleError("saved_model.pb is missing")

    response, _ = asked(load=broken, data=tmp_path)
    assert response.status_code == 503
    assert "saved_model.pb is missing" in response.json()["detail"]


def test_it_asks_for_a_key_where_client_routes_do(tmp_path):
    response, _ = asked(data=tmp_path, api_keys=("c" * 20,))
    assert response.status_code == 401
