"""Thousands of requests that Schemathesis makes of the OpenAPI document, sent to a real service: each answer has to be
one that the document has, of the form that it says, and none is a 5xx.
"""

import json
import shutil
import subprocess
import sys
from pathlib import Path

import httpx
import pytest

from tests.app.process import ROOT, started

CONFIG = Path(__file__).with_name("schemathesis.toml")
CLIENT_KEY, ADMIN_KEY = "schema-client-key-0001", "schema-admin-key-0001"
ROWS = "text,label\n" + "".join(
    f"sea {n} is {label},{label}\n" for label in ("calm", "storm", "thaw") for n in range(4)
)


@pytest.fixture(scope="module")
def service(tmp_path_factory, toy_models):
    """With a data set, so that there is something to ask for and to delete. Metrics are shown to keys alone."""
    data = tmp_path_factory.mktemp("schema")
    for version in ("1", "2"):
        shutil.copytree(toy_models / "toy" / "1", data / "models" / "toy" / version)
    keys = {"API_KEYS": CLIENT_KEY, "ADMIN_KEYS": ADMIN_KEY, "METRICS": "key"}
    with started(data, DATA=data, **keys) as service:
        service.wait_until_ready()
        headers = {"X-API-Key": ADMIN_KEY}
        answer = httpx.put(
            f"{service.url}/datasets/authors", content=ROWS, headers=headers, timeout=60, trust_env=False
        )
        assert answer.status_code == 201, answer.text
        yield service
        assert "ERROR" not in service.log()
        assert "Traceback" not in service.log()


def schemathesis(service, folder, key, *options):
    """The report of a run, and what it has printed."""
    run = subprocess.run(
        [
            *(sys.executable, "-c", "from schemathesis.cli import schemathesis; schemathesis()"),
            *("--config-file", CONFIG, "run", f"{service.url}/openapi.json", *options),
            *("--no-color", "--report=json", "--report-json-path=report.json"),
        ],
        cwd=folder,
        env={"PYTHONPATH": str(ROOT), "TERCET_SCHEMA_KEY": key, "PATH": ""},
        capture_output=True,
        text=True,
        timeout=400,
        check=False,
    )
    assert run.returncode == 0, run.stdout[-8000:] + run.stderr[-2000:]
    return json.loads((folder / "report.json").read_text())


def test_an_admin_finds_no_answer_that_is_not_documented(service, tmp_path):
    report = schemathesis(service, tmp_path, ADMIN_KEY)
    cases = report["test_cases"]
    assert report["complete"]
    assert {name for name, phase in report["phases"].items() if phase["status"] == "success"} == {
        "examples",
        "coverage",
        "fuzzing",
        "stateful",
    }
    assert cases["generated"] >= 2000
    assert (cases["with_failures"], cases["errored"]) == (0, 0)


def test_neither_does_somebody_with_a_key_that_nobody_was_given(service, tmp_path):
    report = schemathesis(service, tmp_path, "nobody's", "--phases=coverage")
    assert report["test_cases"]["generated"] >= 500
    assert (report["test_cases"]["with_failures"], report["test_cases"]["errored"]) == (0, 0)
