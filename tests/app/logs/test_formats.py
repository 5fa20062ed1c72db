import json
import logging
import re
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.logs.context import BoundJob, bound
from app.logs.formats import JsonFormatter, TextFormatter, timestamp
from app.tracing.context import below

RFC_3339 = r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z"


def record(message="Said %s", *arguments, error=None, **extra):
    exc_info = None
    if error is not None:
        try:
            raise error
        except type(error):
            exc_info = sys.exc_info()
    made = logging.LogRecord("app.some", logging.WARNING, "some.py", 3, message, arguments, exc_info)
    for name, value in extra.items():
        setattr(made, name, value)
    return made


@pytest.fixture
def job():
    trace = below(None, sampled=True)
    token = bound.set(BoundJob("j-1", trace))
    yield trace
    bound.reset(token)


def test_a_time_is_utc_to_the_microsecond():
    assert timestamp(0.25) == "1970-01-01T00:00:00.250000Z"


def test_json_says_what_when_where_and_how_bad():
    said = json.loads(JsonFormatter(texts=False).format(record("Said %s", "it", fields={"job_id": "x", "epoch": 3})))
    assert re.fullmatch(RFC_3339, said.pop("timestamp"))
    assert said == {"level": "WARNING", "logger": "app.some", "message": "Said it", "job_id": "x", "epoch": 3}


def test_a_line_says_whose_it_is(job):
    said = json.loads(JsonFormatter(texts=False).format(record("Said")))
    assert (said["job_id"], said["trace_id"], said["span_id"]) == ("j-1", job.trace_id, job.span_id)
    assert f"trace_id={job.trace_id}" in TextFormatter(texts=False).format(record("Said"))


def test_an_exception_is_a_field_of_json():
    line = JsonFormatter(texts=False).format(record("Failed", error=RuntimeError("It is broken.\nReally.")))
    assert "\n" not in line
    assert json.loads(line)["exception"].splitlines()[-2:] == ["RuntimeError: It is broken.", "Really."]


@pytest.mark.parametrize("form", [TextFormatter, JsonFormatter])
def test_messages_of_exceptions_are_withheld_where_somebody_sent_what_they_quote(form, job):
    assert "secret" not in form(texts=False).format(record("Failed", error=ValueError("secret")))
    assert "secret" in form(texts=True).format(record("Failed", error=ValueError("secret")))


@pytest.mark.parametrize("form", [TextFormatter, JsonFormatter])
def test_of_our_own_doings_they_are_shown(form):
    assert "a setting" in form(texts=False).format(record("Failed", error=ValueError("a setting")))


@given(st.text(st.characters(exclude_categories=())))
def test_whatever_is_said_is_one_line(said):
    line = JsonFormatter(texts=False).format(record("%s", said, fields={"path": said}))
    assert line.isascii()
    assert len(line.splitlines()) == 1
    sound = said.encode("utf-8", "backslashreplace").decode()
    assert json.loads(line)["message"] == json.loads(line)["path"] == sound
    assert len(TextFormatter(texts=False).format(record("%s", said)).splitlines()) == 1


def test_no_line_of_a_traceback_can_pass_for_one_of_the_log():
    forged = RuntimeError("It failed.\n2026-01-01T00:00:00.000000Z INFO app.audit: key deadbeef: all is well")
    lines = TextFormatter(texts=False).format(record("Failed", error=forged)).splitlines()
    assert all(line.startswith("    ") for line in lines[1:])
