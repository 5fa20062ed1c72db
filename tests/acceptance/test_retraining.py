"""Retraining on the real sentences through the API, as a user has it out of the box: version 4 replaces a hasty one."""

import os
from pathlib import Path
from typing import Any

import pytest

from model.bundle import verify
from model.registry import Registry
from tests.retraining.playground import Admin, Playground

pytestmark = pytest.mark.acceptance

LONGEST_TRAINING_S = 3600


@pytest.fixture(scope="module")
def done(tmp_path_factory) -> dict[str, Any]:
    """A training of one epoch that serves whatever comes of it, then one of full length that has to be better."""
    real = Path(os.environ["TERCET_ACCEPTANCE_DATA"]).resolve()
    playground = Playground(tmp_path_factory.mktemp("retraining"))
    with playground.started() as (_service, admin):
        facts = admin.upload("sentences", (real / "spooky" / "train.csv").read_bytes())
        hasty = trained(admin, preset="reference", epochs=1, promote="always")
        admin.wait_for_version(hasty["result"]["version"])
        better = trained(admin, promote="if_better")
        admin.wait_for_version(better["result"]["version"])
        serving = admin.get("/model").json()
    return {"facts": facts, "hasty": hasty, "better": better, "serving": serving, "models": playground.data / "models"}


def trained(admin: Admin, **request: Any) -> Any:
    job_id = admin.retrain("sentences", **request)
    last = [*admin.events(job_id)][-1]
    assert last[2]["state"] == "succeeded", last
    return admin.job(job_id)


def test_the_data_are_taken(done):
    assert done["facts"]["rows"] > 10_000
    assert sorted(done["facts"]["labels"]) == ["EAP", "HPL", "MWS"]


def test_a_hasty_version_is_promoted_where_that_is_asked_for(done):
    result = done["hasty"]["result"]
    assert (result["version"], result["promoted"]) == (3, True)
    assert not result["comparison"]["better"]


def test_a_better_version_is_promoted_by_its_comparison(done):
    result = done["better"]["result"]
    comparison = result["comparison"]
    assert (result["version"], result["promoted"], result["promotion"]["replaced"]) == (4, True, 3)
    assert comparison["better"]
    assert comparison["champion"]["version"] == 3
    assert comparison["challenger"]["log_loss"] < comparison["champion"]["log_loss"]
    assert comparison["interval"][1] < 0
    assert comparison["challenger"]["log_loss"] < 0.8
    assert done["serving"]["version"] == 4


def test_the_comparison_is_kept_with_the_version_and_shown_in_its_report(done):
    folder = Registry(done["models"]).path("spooky-authors", 4)
    manifest = verify(folder).manifest
    assert manifest.training["run"] == done["better"]["id"]
    verdict = done["better"]["result"]["comparison"]["verdict"]
    assert manifest.model_dump()["metrics"]["comparison"]["verdict"] == verdict
    (report,) = folder.rglob("report.html")
    assert verdict in report.read_text("utf-8")
