"""What workers write into the records of jobs, on both databases."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest

from app.jobs.ledger import MOST_ATTEMPTS, Hold, Ledger, Message
from app.storage.columns import now
from tests.app.jobs.orders import ORDER


@pytest.fixture
def other(database):
    return Ledger(database, "worker-2")


@pytest.fixture
def job_id(store):
    return store.submit(ORDER, None)[0].id


def facts(store, job_id):
    return [(event.kind, event.data) for event in store.events(job_id)]


def test_of_many_workers_that_claim_a_job_at_once_one_gets_it(database, store, job_id):
    ledgers = [Ledger(database, f"worker-{number}") for number in range(16)]
    with ThreadPoolExecutor(8) as threads:
        claims = list(threads.map(lambda ledger: ledger.claim(job_id), ledgers))
    [claimed] = [job for job in claims if job is not None]
    assert claimed.worker == store.get(job_id).worker
    assert (claimed.state, claimed.attempts) == ("running", 1)
    assert claimed.started_at is not None


def test_a_heartbeat_tells_how_far_the_job_is(store, ledger, job_id):
    ledger.claim(job_id)
    progress = {"stage": "fit", "epoch": 1, "of": 2, "loss": 0.5}
    messages = [Message("note", {"message": "hello"}), Message("epoch", {"epoch": 1, "of": 2, "loss": 0.5})]
    assert ledger.heartbeat(job_id, progress, messages) is Hold.OURS
    assert store.get(job_id).progress == progress
    assert facts(store, job_id)[2:] == [
        ("note", {"message": "hello"}),
        ("epoch", {"epoch": 1, "of": 2, "loss": 0.5}),
        ("progress", progress),
    ]


def test_a_heartbeat_hears_of_a_cancel(store, ledger, job_id):
    ledger.claim(job_id)
    store.cancel(job_id)
    assert ledger.heartbeat(job_id, {}) is Hold.CANCEL


def test_who_lost_a_job_changes_nothing_of_it(store, ledger, other, job_id):
    ledger.claim(job_id)
    assert other.take_from_lost(store.get(job_id), "Its worker died.") == "queued"
    assert other.claim(job_id) is not None
    before = facts(store, job_id)
    assert ledger.heartbeat(job_id, {"stage": "late"}) is Hold.LOST
    assert not ledger.finish(job_id, "succeeded", result={"version": 2})
    assert not ledger.give_back(job_id)
    assert facts(store, job_id) == before
    assert (store.get(job_id).state, store.get(job_id).worker) == ("running", "worker-2")


def test_the_end_of_a_job_is_told_with_its_version(store, ledger, job_id):
    ledger.claim(job_id)
    assert ledger.finish(job_id, "succeeded", result={"version": 2})
    job = store.get(job_id)
    assert (job.state, job.result, job.error) == ("succeeded", {"version": 2}, None)
    assert job.finished_at is not None
    assert facts(store, job_id)[-1] == ("state", {"state": "succeeded", "version": 2})


def test_the_end_of_a_job_is_told_with_its_error(store, ledger, job_id):
    ledger.claim(job_id)
    ledger.finish(job_id, "failed", error="It broke.")
    assert store.get(job_id).error == "It broke."
    assert facts(store, job_id)[-1] == ("state", {"state": "failed", "error": "It broke."})


def test_an_error_that_holds_anything_is_told(store, ledger, job_id):
    ledger.claim(job_id)
    assert ledger.finish(job_id, "failed", error="a\0b\ud800c" + "x" * 10_000)
    assert store.get(job_id).error == "a\N{REPLACEMENT CHARACTER}b?c" + "x" * 3995
    assert facts(store, job_id)[-1][1]["error"] == store.get(job_id).error


def test_a_job_that_was_given_back_is_as_if_never_begun(store, ledger, other, job_id):
    for _ in range(2 * MOST_ATTEMPTS):
        ledger.claim(job_id)
        assert ledger.give_back(job_id)
    assert (store.get(job_id).state, store.get(job_id).attempts) == ("queued", 0)
    assert other.claim(job_id) is not None


def test_a_job_that_was_given_back_and_to_be_cancelled_is(store, ledger, job_id):
    ledger.claim(job_id)
    store.cancel(job_id)
    assert ledger.give_back(job_id)
    assert store.get(job_id).state == "cancelled"
    assert facts(store, job_id)[-1] == ("state", {"state": "cancelled"})


def test_a_job_whose_worker_was_lost_is_tried_three_times(store, ledger, other, job_id):
    told = []
    for _ in range(MOST_ATTEMPTS):
        ledger.claim(job_id)
        told.append(other.take_from_lost(store.get(job_id), "Its worker died."))
    assert told == ["queued"] * (MOST_ATTEMPTS - 1) + ["failed"]
    assert store.get(job_id).error == "Its worker died. That happened 3 times, so the job is not tried again."
    assert ("warning", {"message": "Its worker died."}) in facts(store, job_id)


def test_a_job_that_was_to_end_is_cancelled_where_its_worker_was_lost(store, ledger, other, job_id):
    ledger.claim(job_id)
    store.cancel(job_id)
    assert other.take_from_lost(store.get(job_id), "Its worker died.") == "cancelled"
    assert store.get(job_id).finished_at is not None


def test_a_job_that_still_beats_is_not_taken(store, ledger, other, job_id):
    ledger.claim(job_id)
    seen = store.get(job_id)
    ledger.heartbeat(job_id, {})
    assert other.take_from_lost(seen, "Its worker seems dead.") is None
    assert store.get(job_id).state == "running"


def test_of_many_that_find_a_lost_job_one_takes_it(database, store, ledger, job_id):
    ledger.claim(job_id)
    seen = store.get(job_id)
    with ThreadPoolExecutor(8) as threads:
        told = list(threads.map(lambda n: Ledger(database, f"w{n}").take_from_lost(seen, "Died."), range(8)))
    assert sorted(filter(None, told)) == ["queued"]


def test_the_oldest_is_next(store, ledger):
    first, second = (store.submit(ORDER, None)[0].id for _ in range(2))
    assert ledger.oldest_queued() == first
    ledger.claim(first)
    assert ledger.oldest_queued() == second
    ledger.claim(second)
    assert ledger.oldest_queued() is None


def test_what_workers_run(store, ledger, other):
    mine, theirs, _ = (store.submit(ORDER, None)[0].id for _ in range(3))
    ledger.claim(mine)
    other.claim(theirs)
    assert {job.id for job in ledger.running()} == {mine, theirs}


def test_progress_of_jobs_that_ended_long_ago_is_forgotten(store, ledger):
    ended, running = (store.submit(ORDER, None)[0].id for _ in range(2))
    for job_id in (ended, running):
        ledger.claim(job_id)
        ledger.heartbeat(job_id, {"stage": "fit"})
    ledger.finish(ended, "failed", error="x")
    ledger.thin(now() - timedelta(minutes=1))
    assert "progress" in [kind for kind, _ in facts(store, ended)]
    ledger.thin(now())
    assert [kind for kind, _ in facts(store, ended)] == ["state"] * 3
    assert "progress" in [kind for kind, _ in facts(store, running)]
    assert ledger.ended_before(now(), [ended, running]) == [ended]
    assert ledger.ended_before(now(), [running]) == []
