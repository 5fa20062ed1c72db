import asyncio
import threading

import pytest

from app.errors import StorageError
from app.jobs import event_feed
from app.jobs.ledger import Hold, Message
from app.jobs.schemas import JobList, JobView
from app.jobs.store import JobStore
from tests.app.jobs.orders import ORDER, order
from tests.app.jobs.retraining import app_of, asking, service

LONGEST_S = 60
NOWHERE = "0" * 32


@pytest.fixture
def running(store, ledger):
    """A job that a worker runs."""
    job, _ = store.submit(ORDER, None)
    return ledger.claim(job.id)


@pytest.fixture
def ask(tmp_path, database_url, database):
    """Sends requests to a service and gives its answers."""

    return asking(tmp_path, database_url)


def get(path, **headers):
    return "GET", path, {"headers": {name.replace("_", "-"): value for name, value in headers.items()}}


def submitted(store, count):
    return [store.submit(order(seed=seed), None)[0].id for seed in range(count)]


def test_a_job_that_waits(ask, store):
    (job_id,) = submitted(store, 1)
    (response,) = ask(get(f"/jobs/{job_id}"))
    found = JobView.model_validate(response.json())
    assert (found.id, found.state, found.attempts, found.started_at) == (job_id, "queued", 0, None)
    shown = ORDER.model_dump(exclude={"request_digest": True, "traceparent": True, "dataset": {"file": True}})
    assert found.order.model_dump() == shown
    assert response.headers["cache-control"] == "no-store"


def test_a_job_that_runs_says_how_far_it_is(ask, running, ledger):
    progress = {"stage": "fit", "epoch": 2, "of": 50, "batch": 3, "batches": 62, "loss": 0.5, "seconds_left": 7.5}
    assert ledger.heartbeat(running.id, progress) is Hold.OURS
    (response,) = ask(get(f"/jobs/{running.id}"))
    assert response.json()["progress"] == progress
    found = JobView.model_validate(response.json())
    assert (found.state, found.attempts, found.cancel_requested) == ("running", 1, False)
    assert found.started_at is not None
    assert found.heartbeat_at is not None
    assert found.heartbeat_at > found.started_at


def test_a_job_that_failed_says_why(ask, running, ledger):
    ledger.finish(running.id, "failed", error="Memory ran out.")
    (response,) = ask(get(f"/jobs/{running.id}"))
    found = JobView.model_validate(response.json())
    assert (found.state, found.error, found.result) == ("failed", "Memory ran out.", None)
    assert sorted([found.finished_at, found.created_at, found.started_at], key=str) == [
        found.created_at,
        found.started_at,
        found.finished_at,
    ]


def test_a_job_that_succeeded_says_what_came_of_it(ask, running, ledger):
    result = {
        "version": 2,
        "model": "toy",
        "promoted": True,
        "comparison": {"rows": 10, "better": True, "verdict": "It is better."},
        "promotion": {"promoted": True, "reason": "It is better.", "replaced": 1},
        "evaluation": {"log_loss": 0.4},
        "baseline": {"log_loss": 0.6},
        "vectors": {"source": "box", "coverage": 0.9},
        "feedback": None,
        "warnings": ["few rows"],
    }
    ledger.finish(running.id, "succeeded", result=result)
    (response,) = ask(get(f"/jobs/{running.id}"))
    assert response.json()["result"] == result
    JobView.model_validate(response.json())


def test_an_order_of_an_older_service_is_still_shown(ask, store, database):
    (job_id,) = submitted(store, 1)
    with database.write() as session:
        old = {"dataset": {"name": "toy", "digest": "d"}, "preset": "reference", "gone_since": 1}
        session.get_one(type(store.get(job_id)), job_id).request = old
    for response in ask(get(f"/jobs/{job_id}"), get("/jobs")):
        assert response.status_code == 200


@pytest.mark.parametrize("job_id", [NOWHERE, "1", NOWHERE.upper() + "A", "%00", "..%2Fretrain", "%F0%9F%98%80"])
@pytest.mark.parametrize(("method", "rest"), [("GET", ""), ("DELETE", ""), ("GET", "/events")])
def test_a_job_that_is_not_there(ask, job_id, method, rest):
    (response,) = ask((method, f"/jobs/{job_id}{rest}"))
    assert response.status_code == 404
    assert response.headers["content-type"] == "application/problem+json"


def test_jobs_come_the_newest_first_and_page_by_page(ask, store):
    ids = submitted(store, 5)[::-1]
    (all_of_them,) = ask(get("/jobs"))
    assert [job["id"] for job in all_of_them.json()["jobs"]] == ids
    assert all_of_them.json()["next"] is None
    (first,) = ask(get("/jobs?limit=2"))
    (second,) = ask(get(f"/jobs?limit=2&before={first.json()['next']}"))
    (third,) = ask(get(f"/jobs?limit=2&before={second.json()['next']}"))
    pages = [JobList.model_validate(page.json()) for page in (first, second, third)]
    assert [job.id for page in pages for job in page.jobs] == ids
    assert pages[2].next is None


def test_a_page_that_ends_with_the_last_job_has_none_after_it(ask, store):
    submitted(store, 2)
    assert ask(get("/jobs?limit=2"))[0].json()["next"] is None


def test_jobs_of_one_state(ask, store, running):
    submitted(store, 1)
    queued, under_way, failed = ask(get("/jobs?state=queued"), get("/jobs?state=running"), get("/jobs?state=failed"))
    assert [job["id"] for job in under_way.json()["jobs"]] == [running.id]
    assert len(queued.json()["jobs"]) == 1
    assert failed.json() == {"jobs": [], "next": None}


@pytest.mark.parametrize("query", ["state=done", "limit=0", "limit=201", "limit=many", "limit="])
def test_a_query_that_makes_no_sense_is_refused(ask, query):
    assert ask(get(f"/jobs?{query}"))[0].status_code == 422


@pytest.mark.parametrize("before", [NOWHERE, "%00", "1"])
def test_a_page_after_a_job_that_is_not_there(ask, before):
    assert ask(get(f"/jobs?before={before}"))[0].status_code == 404


def test_a_queued_job_is_cancelled_at_once_and_again_without_harm(ask, store):
    (job_id,) = submitted(store, 1)
    first, again = ask(("DELETE", f"/jobs/{job_id}"), ("DELETE", f"/jobs/{job_id}"))
    for response in (first, again):
        assert (response.status_code, response.json()["state"]) == (200, "cancelled")
    assert store.get(job_id).state == "cancelled"


def test_a_running_job_is_asked_to_end(ask, running, ledger):
    first, again = ask(("DELETE", f"/jobs/{running.id}"), ("DELETE", f"/jobs/{running.id}"))
    for response in (first, again):
        assert (response.status_code, response.json()["state"]) == (202, "running")
        assert response.json()["cancel_requested"]
    assert ledger.heartbeat(running.id, {}) is Hold.CANCEL


@pytest.mark.parametrize("state", ["succeeded", "failed"])
def test_a_job_that_has_ended_is_not_cancelled(ask, running, ledger, state):
    ledger.finish(running.id, state)
    (response,) = ask(("DELETE", f"/jobs/{running.id}"))
    assert response.status_code == 409
    assert state in response.json()["detail"]


@pytest.mark.parametrize("path", ["/jobs", f"/jobs/{NOWHERE}", f"/jobs/{NOWHERE}/events"])
def test_jobs_are_for_admins(ask, path):
    without, client = ask(get(path, X_API_Key=""), get(path, X_API_Key="a-client"), api_keys=("a-client",))
    assert (without.status_code, client.status_code) == (401, 403)


@pytest.mark.parametrize(
    ("method", "path"), [("GET", "/jobs"), ("DELETE", f"/jobs/{NOWHERE}"), ("GET", f"/jobs/{NOWHERE}/events")]
)
def test_a_database_that_is_away_is_told(tmp_path, method, path):
    async def main():
        async with service(tmp_path, "postgresql://nobody@127.0.0.1:1/none") as client:
            return await client.request(method, path)

    response = asyncio.run(main())
    assert (response.status_code, "database" in response.json()["detail"]) == (503, True)


def history(ledger, job_id):
    """What a worker tells until the end."""
    ledger.heartbeat(job_id, {"stage": "fit", "epoch": 1}, [Message("note", {"message": "two\nlines"})])
    ledger.heartbeat(job_id, {"stage": "fit", "epoch": 2}, [Message("warning", {"message": "über"})])
    ledger.finish(job_id, "succeeded", result={"version": 2})


def parsed(text):
    """(id, event, data) of each event, comments left out."""
    events = []
    for block in text.split("\n\n"):
        fields = dict(line.split(": ", 1) for line in block.splitlines() if not line.startswith(":"))
        if fields:
            events.append((int(fields["id"]), fields["event"], fields["data"]))
    return events


EXPECTED = [
    ("state", '{"state":"queued"}'),
    ("state", '{"state":"running"}'),
    ("note", '{"message":"two\\nlines"}'),
    ("progress", '{"stage":"fit","epoch":1}'),
    ("warning", '{"message":"über"}'),
    ("progress", '{"stage":"fit","epoch":2}'),
    ("state", '{"state":"succeeded","version":2}'),
]


def test_events_come_from_the_beginning_until_the_end(ask, running, ledger):
    history(ledger, running.id)
    (response,) = ask(get(f"/jobs/{running.id}/events"))
    assert response.status_code == 200
    assert response.headers["content-type"] == "text/event-stream; charset=utf-8"
    assert (response.headers["cache-control"], response.headers["x-accel-buffering"]) == ("no-store", "no")
    events = parsed(response.text)
    assert [event[1:] for event in events] == EXPECTED
    assert sorted({event[0] for event in events}) == [event[0] for event in events]


def test_the_events_of_one_job_are_its_own(ask, store, running, ledger):
    (other,) = submitted(store, 1)
    ledger.claim(other)
    history(ledger, running.id)
    history(ledger, other)
    for job_id in (running.id, other):
        assert [event[1:] for event in parsed(ask(get(f"/jobs/{job_id}/events"))[0].text)] == EXPECTED


def test_events_go_on_after_the_last_that_was_seen(ask, running, ledger):
    history(ledger, running.id)
    path = f"/jobs/{running.id}/events"
    events = parsed(ask(get(path))[0].text)
    third = str(events[2][0])
    by_header, by_query, both = ask(
        get(path, Last_Event_ID=third),
        get(f"{path}?last_event_id={third}"),
        get(f"{path}?last_event_id={events[0][0]}", Last_Event_ID=third),
    )
    for response in (by_header, by_query, both):
        assert parsed(response.text) == events[3:]


def test_after_the_last_event_a_browser_is_told_not_to_come_back(ask, running, ledger):
    history(ledger, running.id)
    path = f"/jobs/{running.id}/events"
    last = parsed(ask(get(path))[0].text)[-1][0]
    (response,) = ask(get(path, Last_Event_ID=str(last)))
    assert (response.status_code, response.content) == (204, b"")


def test_an_empty_id_means_the_beginning(ask, running, ledger):
    history(ledger, running.id)
    (response,) = ask(get(f"/jobs/{running.id}/events", Last_Event_ID=""))
    assert len(parsed(response.text)) == len(EXPECTED)


@pytest.mark.parametrize("value", ["-1", "one", "1.0", "9" * 19, "9" * 5000, "²"])
def test_what_is_no_id_of_an_event_is_refused(ask, running, value):
    path = f"/jobs/{running.id}/events"
    header, query = ask(
        ("GET", path, {"headers": {"Last-Event-ID": value.encode("latin-1")}}),
        ("GET", path, {"params": {"last_event_id": value}}),
    )
    assert header.status_code == query.status_code == 422


def test_more_events_than_are_read_at_a_time_all_come(ask, running, ledger, monkeypatch):
    monkeypatch.setattr(event_feed, "_PAGE", 2)
    history(ledger, running.id)
    (response,) = ask(get(f"/jobs/{running.id}/events"))
    assert [event[1:] for event in parsed(response.text)] == EXPECTED


async def collected(feeds, job_id, after=0):
    return [part async for part in feeds.feed(job_id, after)]


def feed_of(tmp_path, database_url, work):
    """What a feed sends while `work`, a coroutine function that takes the feeds, goes on."""

    async def main():
        async with service(tmp_path, database_url) as client:
            return await work(app_of(client).state.event_feeds)

    return asyncio.run(main())


@pytest.fixture
def impatient(monkeypatch):
    monkeypatch.setattr(event_feed, "_POLL_S", 0.01)
    monkeypatch.setattr(event_feed, "_AFTER_ERROR_S", 0.01)


def test_events_come_as_they_happen(tmp_path, database_url, running, ledger, impatient):
    async def work(feeds):
        feed = feeds.feed(running.id, 0)
        parts = [await anext(feed)]
        for epoch in (1, 2):
            await asyncio.to_thread(ledger.heartbeat, running.id, {"epoch": epoch})
            parts.append(await anext(feed))
        await asyncio.to_thread(ledger.finish, running.id, "failed", error="It fell.")
        return parts + [part async for part in feed]

    begun, *others = [parsed(part.decode()) for part in feed_of(tmp_path, database_url, work)]
    assert [event[1] for event in begun] == ["state", "state"]
    assert [event[1:] for part in others for event in part] == [
        ("progress", '{"epoch":1}'),
        ("progress", '{"epoch":2}'),
        ("state", '{"state":"failed","error":"It fell."}'),
    ]


def test_a_comment_keeps_a_quiet_connection_open(tmp_path, database_url, running, impatient, monkeypatch):
    monkeypatch.setattr(event_feed, "_KEEP_ALIVE_S", 0.02)

    async def work(feeds):
        feed = feeds.feed(running.id, 0)
        await anext(feed)
        return await anext(feed)

    assert feed_of(tmp_path, database_url, work) == b": ping\n\n"


def test_a_feed_ends_when_the_service_drains(tmp_path, database_url, running):
    async def work(feeds):
        task = asyncio.create_task(collected(feeds, running.id))
        await asyncio.sleep(0.1)
        feeds.draining.set()
        return await asyncio.wait_for(task, 10)

    (part,) = feed_of(tmp_path, database_url, work)
    assert len(parsed(part.decode())) == 2


def test_a_database_that_does_not_answer_does_not_hold_up_the_end(tmp_path, database_url, running):
    asked, answer = threading.Event(), threading.Event()

    async def work(feeds):
        get = feeds.store.get

        def slow(job_id):
            asked.set()
            answer.wait(LONGEST_S)
            return get(job_id)

        feeds.store.get = slow
        watching = [asyncio.create_task(collected(feeds, running.id)) for _ in range(10)]
        await asyncio.to_thread(asked.wait, LONGEST_S)
        feeds.draining.set()
        parts = await asyncio.wait_for(asyncio.gather(*watching), LONGEST_S / 2)
        answer.set()
        return parts

    assert feed_of(tmp_path, database_url, work) == [[]] * 10


def test_a_feed_outlives_a_database_that_is_away_for_a_while(tmp_path, database_url, running, ledger, impatient):
    history(ledger, running.id)

    async def work(feeds):
        events, failures = feeds.store.events, [StorageError("away")] * 3

        def unsteady(*arguments):
            if failures:
                raise failures.pop()
            return events(*arguments)

        feeds.store.events = unsteady
        return await collected(feeds, running.id)

    (part,) = feed_of(tmp_path, database_url, work)
    assert [event[1:] for event in parsed(part.decode())] == EXPECTED


def test_no_more_watch_than_may(tmp_path, database_url, running, monkeypatch):
    monkeypatch.setattr(event_feed, "_MOST", 1)
    path = f"/jobs/{running.id}/events"

    async def main():
        async with service(tmp_path, database_url) as client:
            feeds = app_of(client).state.event_feeds
            with feeds.watching():
                refused = await client.get(path)
            await asyncio.to_thread(JobStore(app_of(client).state.database).cancel, running.id)
            feeds.draining.set()
            return refused, await client.get(path)

    refused, taken = asyncio.run(main())
    assert (refused.status_code, refused.headers["retry-after"]) == (429, "1")
    assert taken.status_code == 200


def test_openapi_shows_what_events_look_like(ask):
    (response,) = ask(get("/openapi.json"))
    content = response.json()["paths"]["/jobs/{job_id}/events"]["get"]["responses"]["200"]["content"]
    assert parsed(content["text/event-stream"]["example"])
