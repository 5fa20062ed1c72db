"""The records of jobs as clients use them, on both databases."""

from concurrent.futures import ThreadPoolExecutor

import pytest

from app.errors import ConflictError, NotFoundError
from app.jobs.order import TrainingOrder
from tests.app.jobs.orders import ORDER, order


def states(store, job_id):
    return [event.data["state"] for event in store.events(job_id) if event.kind == "state"]


def test_a_job_is_queued_with_its_order(store):
    job, created = store.submit(ORDER, None)
    assert created
    read = store.get(job.id)
    assert (read.state, read.attempts, read.progress, read.result, read.error) == ("queued", 0, {}, None, None)
    assert TrainingOrder.model_validate(read.request) == ORDER
    assert states(store, job.id) == ["queued"]


def test_the_same_order_without_a_key_is_another_job(store):
    assert store.submit(ORDER, None)[0].id != store.submit(ORDER, None)[0].id


def test_a_key_makes_a_retry_the_same_job(store):
    first, _ = store.submit(ORDER, "k")
    again, created = store.submit(order(dataset=ORDER.dataset.model_copy(update={"digest": "e" * 64})), "k")
    assert (again.id, created) == (first.id, False)
    assert len(store.list()) == 1


def test_a_key_that_was_used_for_another_order_is_refused(store):
    job, _ = store.submit(ORDER, "k")
    with pytest.raises(ConflictError, match=job.id):
        store.submit(order(request_digest="other"), "k")


def test_of_many_submits_at_once_with_one_key_one_makes_a_job(store):
    with ThreadPoolExecutor(8) as threads:
        answers = list(threads.map(lambda _: store.submit(ORDER, "k"), range(16)))
    assert len({job.id for job, _ in answers}) == 1
    assert sum(created for _, created in answers) == 1


def test_jobs_are_listed_newest_first_and_page_by_page(store):
    ids = [store.submit(ORDER, None)[0].id for _ in range(5)][::-1]
    assert [job.id for job in store.list(limit=2)] == ids[:2]
    assert [job.id for job in store.list(limit=2, before=ids[1])] == ids[2:4]
    assert [job.id for job in store.list(before=ids[3])] == ids[4:]


def test_jobs_are_listed_by_state(store, ledger):
    waiting, taken = (store.submit(ORDER, None)[0].id for _ in range(2))
    ledger.claim(taken)
    assert [job.id for job in store.list(state="running")] == [taken]
    assert [job.id for job in store.list(state="queued")] == [waiting]


def test_a_job_that_is_not_there(store):
    for action in (store.get, store.cancel, lambda job_id: store.list(before=job_id)):
        with pytest.raises(NotFoundError, match="no job 'nobody'"):
            action("nobody")
    assert store.events("nobody") == []


def test_a_queued_job_is_cancelled_at_once(store, ledger):
    job, _ = store.submit(ORDER, None)
    cancelled = store.cancel(job.id)
    assert cancelled.state == "cancelled"
    assert cancelled.finished_at is not None
    assert states(store, job.id) == ["queued", "cancelled"]
    assert ledger.claim(job.id) is None


def test_cancelling_again_changes_nothing(store):
    job, _ = store.submit(ORDER, None)
    first = store.cancel(job.id)
    assert store.cancel(job.id).finished_at == first.finished_at
    assert states(store, job.id) == ["queued", "cancelled"]


def test_a_running_job_is_asked_to_end(store, ledger):
    job, _ = store.submit(ORDER, None)
    ledger.claim(job.id)
    for _ in range(2):
        asked = store.cancel(job.id)
        assert (asked.state, asked.cancel_requested) == ("running", True)
    assert [event.data for event in store.events(job.id) if event.kind == "note"] == [{"message": "Asked to end."}]


@pytest.mark.parametrize("state", ["succeeded", "failed"])
def test_a_job_that_ended_cannot_be_cancelled(store, ledger, state):
    job, _ = store.submit(ORDER, None)
    ledger.claim(job.id)
    ledger.finish(job.id, state)
    with pytest.raises(ConflictError, match=f"has {state} already"):
        store.cancel(job.id)


def test_events_go_on_after_one_that_was_seen(store, ledger):
    job, _ = store.submit(ORDER, None)
    ledger.claim(job.id)
    for done in range(3):
        ledger.heartbeat(job.id, {"stage": "fit", "batch": done})
    events = store.events(job.id)
    assert [event.id for event in events] == sorted(event.id for event in events)
    assert [event.data["batch"] for event in store.events(job.id, after=events[2].id)] == [1, 2]
    assert len(store.events(job.id, limit=2)) == 2
