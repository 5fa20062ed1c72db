"""What docs/retraining.md says is true of the code: its requests, the routes and settings that it names, its table."""

import json
import re
import shlex
from pathlib import Path

import pytest
from pydantic import BaseModel

from app.application import create_app
from app.datasets.schemas import DatasetFacts
from app.feedback.schemas import FeedbackRequest
from app.jobs.schemas import RetrainRequest
from app.settings import Settings
from tests.app.fakes import settings

ROOT = Path(__file__).parents[1]
GUIDE = (ROOT / "docs" / "retraining.md").read_text(encoding="utf-8")
SHELL = re.findall(r"```sh\n(.*?)```", GUIDE, re.DOTALL)
FORMS: dict[str, type[BaseModel]] = {"/retrain": RetrainRequest, "/feedback": FeedbackRequest}


def requests():
    """(method, path, body) of each curl command, and where it uploads from."""
    for block in SHELL:
        for command in re.findall(r"curl .*", block.replace("\\\n", " ")):
            words = shlex.split(command.rstrip(")"))
            path = next(word for word in words if word.startswith("$URL")).removeprefix("$URL")
            upload = next((words[n + 1] for n, word in enumerate(words) if re.fullmatch(r"-s?T", word)), None)
            body = words[words.index("-d") + 1] if "-d" in words else None
            method = words[words.index("-X") + 1] if "-X" in words else "PUT" if upload else "POST" if body else "GET"
            yield method, path.replace("$JOB", "/jobs/0"), body, upload


def operations(tmp_path):
    """(method, pattern of the path) of each route."""
    paths = create_app(settings(data=tmp_path)).openapi()["paths"]
    return [(method.upper(), re.sub(r"\{\w+\}", r"[^/]+", path)) for path in paths for method in paths[path]]


def is_one(request, known):
    method, path = request
    return any(method == other and re.fullmatch(pattern, path.partition("?")[0]) for other, pattern in known)


def test_every_request_goes_to_a_route(tmp_path):
    known = operations(tmp_path)
    found = [(method, path) for method, path, _, _ in requests()]
    assert len(found) == 11
    assert [request for request in found if not is_one(request, known)] == []


def test_every_route_that_is_named_is_there(tmp_path):
    known = operations(tmp_path)
    named = re.findall(r"`(GET|POST|PUT|DELETE) (/[^`]*)`", GUIDE)
    assert len(named) > 5
    assert [route for route in named if not is_one(route, known)] == []


def test_every_body_is_one_that_its_route_takes():
    bodies = [(path, body) for _, path, body, _ in requests() if body is not None]
    assert {path for path, _ in bodies} == set(FORMS)
    for path, body in bodies:
        FORMS[path].model_validate_json(body)


def test_what_is_uploaded_is_there():
    uploads = [upload for _, _, _, upload in requests() if upload]
    assert uploads
    assert all((ROOT / upload).is_file() for upload in uploads)


def test_the_table_of_the_request_has_its_fields():
    section = GUIDE.partition("\n## Retrain\n")[2].partition("\n## ")[0]
    rows = re.findall(r"^\| `(\w+)` \| (.*?) ?\|", section, re.MULTILINE)
    assert [name for name, _ in rows] == list(RetrainRequest.model_fields)
    said = {name: json.loads(default.strip("`")) for name, default in rows if default in ("`false`", "`true`")}
    assert said == {
        name: field.default for name, field in RetrainRequest.model_fields.items() if field.default is False
    }
    assert ("promote", "`if_better`") in rows


def test_the_answer_to_an_upload_is_one():
    answer = json.loads(re.findall(r"```json\n(.*?)```", GUIDE, re.DOTALL)[0])
    assert answer.keys() <= DatasetFacts.model_fields.keys()


@pytest.mark.parametrize("name", sorted(set(re.findall(r"TERCET_([A-Z_]+)", GUIDE))))
def test_every_setting_that_is_named_is_there(name):
    assert name.lower() in Settings.model_fields
