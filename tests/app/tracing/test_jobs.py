import json
import logging

import pytest

from app.jobs.ledger import Ledger
from app.jobs.queue import JobQueue
from app.jobs.runner import Runner
from app.jobs.store import JobStore
from app.logs.formats import JsonFormatter
from app.settings import Settings
from app.storage.database import Database
from app.tracing.jobs import JobTraces
from app.tracing.record import Record
from tests.app.jobs.orders import ORDER
from tests.app.jobs.playing import command, messages, provide_data

TRACE, SPAN = "4bf92f3577b34da6a3ce929d0e0e4736", "00f067aa0ba902b7"


@pytest.fixture
def database(tmp_path):
    opened = Database(tmp_path, None)
    yield opened
    opened.close()


@pytest.fixture
def lines():
    """What is logged meanwhile, as JSON."""
    found = []

    class Keep(logging.Handler):
        def emit(self, record):
            found.append(json.loads(JsonFormatter(texts=False).format(record)))

    handler, logger = Keep(), logging.getLogger("app.jobs")
    logger.addHandler(handler)
    level = logger.level
    logger.setLevel(logging.INFO)
    yield found
    logger.removeHandler(handler)
    logger.setLevel(level)


def test_a_job_goes_on_in_the_trace_of_its_request_and_so_does_its_training(tmp_path, database, lines):
    settings = Settings(data=tmp_path, admin_keys=("secret",))
    provide_data(settings)
    store = JobStore(database)
    records: list[Record] = []
    job, _ = store.submit(ORDER.model_copy(update={"traceparent": f"00-{TRACE}-{SPAN}-01"}), None)
    traces = JobTraces(lambda _parent: True, records.append, lambda _seconds: None)
    queue = JobQueue(settings)
    Runner(settings, database, Ledger(database, "w"), queue, command("environment"), traces).run(job.id)
    (record,) = records
    assert (record.name, record.trace.trace_id, record.trace.parent_id) == ("train", TRACE, SPAN)
    assert record.attributes["tercet.job.id"] == job.id
    assert record.attributes["tercet.job.outcome"] == "succeeded"
    assert not record.failed
    given = json.loads(messages(store, job.id)[0])
    assert given["TRACEPARENT"] == f"00-{TRACE}-{record.trace.span_id}-01"
    of_job = {(line["job_id"], line["trace_id"], line["span_id"]) for line in lines if "job_id" in line}
    assert of_job == {(job.id, TRACE, record.trace.span_id)}
    assert any(line["message"].startswith("The training says: ") for line in lines)


def test_how_it_failed_is_in_its_record_and_not_in_the_log(tmp_path, database, lines):
    settings = Settings(data=tmp_path, admin_keys=("secret",))
    provide_data(settings)
    store = JobStore(database)
    job, _ = store.submit(ORDER, None)
    Runner(settings, database, Ledger(database, "w"), JobQueue(settings), command("fail")).run(job.id)
    error = store.get(job.id).error
    assert error
    assert error not in json.dumps(lines, ensure_ascii=False)
    assert f"Job {job.id}: failed" in [line["message"] for line in lines]
