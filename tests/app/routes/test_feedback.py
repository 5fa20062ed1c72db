import asyncio
import json

import pytest

from app.feedback.schemas import FeedbackAnswer
from app.feedback.store import FeedbackStore
from app.storage.database import Database
from model.errors import BundleError
from tests.app.fakes import running


@pytest.fixture
def post(tmp_path):
    """Sends bodies one after the other."""

    def post(*bodies, load=None, **values):
        async def main():
            async with running(load, data=tmp_path, **values) as (_, client):
                return [
                    await client.post("/feedback", content=body if isinstance(body, bytes) else json.dumps(body))
                    for body in bodies
                ]

        answers = asyncio.run(main())
        return answers if len(bodies) > 1 else answers[0]

    return post


def given(text="one", label="few"):
    return {"text": text, "label": label}


def test_feedback_is_kept_and_what_comes_again_is_counted(post, database_url):
    answers = post(given(), given(), given(label="many"), database_url=database_url)
    assert [answer.status_code for answer in answers] == [201] * 3
    assert [answer.json() for answer in answers] == [
        {"times": 1, "duplicate": False},
        {"times": 2, "duplicate": True},
        {"times": 1, "duplicate": False},
    ]
    FeedbackAnswer.model_validate(answers[0].json(), strict=True, extra="forbid")


def test_it_is_kept_with_the_version_that_served(post, tmp_path):
    post(given(" one "))
    path = tmp_path / "f.jsonl"
    assert FeedbackStore(Database(tmp_path)).export(path) == 1
    assert json.loads(path.read_text()) == {"text": " one ", "label": "few"}


def test_a_label_that_the_model_does_not_have_is_refused_with_those_it_has(post):
    for label in ("none", "", "FEW", " few", "few\0", "x" * 100_000):
        answer = post(given(label=label))
        assert answer.status_code == 422
        expected = {"field": "label", "message": "label is none of the model's, which are few, many"}
        assert answer.json()["errors"] == [expected]


@pytest.mark.parametrize(
    ("body", "field"),
    [
        (given(text=""), "text"),
        (given(text=" \n"), "text"),
        (given(text="x" * 20_001), "text"),
        (given(text="a\0b"), "text"),
        (given(text=None), "text"),
        (given(label=1), "label"),
        ({"text": "one"}, "label"),
        ({"label": "few"}, "text"),
        (given() | {"more": 1}, "more"),
        ([], "body"),
        ("text", "body"),
    ],
)
def test_what_cannot_be_kept_is_refused_by_its_field(post, database_url, body, field):
    answer = post(body, database_url=database_url)
    assert answer.status_code == 422
    assert [error["field"] for error in answer.json()["errors"]] == [field]


@pytest.mark.parametrize(
    "body", [b"", b"{", b"text=one", b"\xff\xfe", b'{"text": "\\ud800", "label": "few"}', b"[" * 100_000]
)
def test_what_is_no_json_is_refused(post, body):
    assert post(body).status_code == 400


def test_a_body_over_the_limit_is_refused(post):
    assert post(given(text="x" * 1000), max_body_bytes=999).status_code == 413


def test_without_a_model_there_are_no_labels_to_go_by(post):
    def load(*_):
        raise BundleError("The bundle is damaged.")

    assert post(given(), load=load).status_code == 503


def test_without_a_database_the_answer_says_so(post):
    answer = post(given(), database_url="postgresql://user:secret-password@127.0.0.1:1/tercet")
    assert answer.status_code == 503
    assert "secret" not in answer.text


def test_those_who_send_the_same_at_the_same_time_are_all_counted(tmp_path, database_url):
    async def main():
        async with running(data=tmp_path, database_url=database_url) as (_, client):
            return await asyncio.gather(*[client.post("/feedback", json=given()) for _ in range(20)])

    answers = asyncio.run(main())
    assert sorted(answer.json()["times"] for answer in answers) == list(range(1, 21))
