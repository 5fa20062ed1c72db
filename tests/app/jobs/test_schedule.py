"""Scheduled retraining, on both databases."""

from datetime import UTC, datetime, timedelta

import pytest

from app.errors import SettingsError, StorageError
from app.feedback.store import FeedbackStore
from app.jobs import cron
from app.jobs.ledger import Ledger
from app.jobs.schedule import Schedule
from app.jobs.schemas import RetrainRequest
from app.settings import Settings
from tests.app.jobs.orders import order

SUNDAY = datetime(2026, 11, 22, 3, 0, 30, tzinfo=UTC)
ASKED = RetrainRequest(dataset="toy", include_feedback=True, promote="if_better")


class Orders:
    """Makes schedules, and submits what they order."""

    def __init__(self, folder, database, store):
        self._folder, self._database, self._store = folder, database, store
        self.placed: list[tuple[RetrainRequest, str]] = []

    def schedule(self, **values):
        return Schedule(Settings(data=self._folder, retrain_dataset="toy", **values), self._database, self._place)

    def _place(self, request, key):
        self.placed.append((request, key))
        return self._store.submit(order(include_feedback=True), key)


@pytest.fixture
def orders(tmp_path, database, store):
    return Orders(tmp_path, database, store)


@pytest.fixture
def feedback(database):
    store = FeedbackStore(database)
    return lambda *texts: [store.add(text, "A", "toy", 1) for text in texts]


def test_nothing_is_ordered_unless_the_settings_say_so(orders, feedback):
    feedback("one", "two")
    orders.schedule().look(SUNDAY)
    assert orders.placed == []


def test_a_minute_of_the_expression_orders_one_job(orders, store):
    workers = [orders.schedule(retrain_cron="0 3 * * *") for _ in range(2)]
    for second in range(0, 60, 10):
        for worker in workers:
            worker.look(SUNDAY.replace(second=second))
    assert orders.placed == [(ASKED, "schedule-toy-2026-11-22T03:00")] * 2
    assert len(store.list()) == 1


def test_the_next_minute_of_the_expression_orders_another(orders, store):
    worker = orders.schedule(retrain_cron="0 3 * * *")
    for days in range(3):
        worker.look(SUNDAY + timedelta(days=days))
    worker.look(SUNDAY + timedelta(minutes=1))
    assert len(store.list()) == 3


@pytest.mark.parametrize(
    ("expression", "moment", "matches"),
    [
        ("*/15 * * * *", SUNDAY.replace(minute=45), True),
        ("*/15 * * * *", SUNDAY.replace(minute=46), False),
        ("0 3 * * 0", SUNDAY, True),
        ("0 3 * * 1", SUNDAY, False),
        ("0 3 22 11 *", SUNDAY, True),
        ("0-5 2,3 * * *", SUNDAY, True),
    ],
)
def test_expressions(expression, moment, matches):
    assert cron.parse(expression)(moment) is matches


@pytest.mark.parametrize("expression", ["", "0 3 * *", "0 3 * * * *", "61 3 * * *", "a b c d e", "0 3 * * mon"])
def test_what_is_no_expression_is_an_error_of_the_settings(expression, tmp_path):
    with pytest.raises(SettingsError, match="TERCET_RETRAIN_CRON=.*five fields"):
        cron.parse(expression)


def test_a_schedule_needs_a_data_set(tmp_path):
    with pytest.raises(SettingsError, match="TERCET_RETRAIN_DATASET"):
        cron.check(Settings(data=tmp_path, retrain_after_feedback=1))


def test_so_many_rows_of_feedback_order_a_job(orders, store, feedback):
    workers = [orders.schedule(retrain_after_feedback=3) for _ in range(2)]
    feedback("one", "two", "two")
    for worker in workers:
        worker.look()
    assert store.list() == []
    feedback("three")
    for worker in workers:
        worker.look()
    assert [key for _, key in orders.placed] == ["feedback-toy-after-nothing"]
    assert len(store.list()) == 1


def test_only_feedback_since_the_last_training_counts(database, orders, store, feedback):
    worker, ledger = orders.schedule(retrain_after_feedback=2), Ledger(database, "w")
    feedback("one", "two")
    worker.look()
    [first] = store.list()
    feedback("three", "four")
    worker.look()  # the first has not ended
    ledger.claim(first.id)
    ledger.finish(first.id, "failed", error="It broke.")
    worker.look()
    assert len(store.list()) == 1  # what came before the training began was a part of it
    feedback("five", "six")
    worker.look()
    assert [key for _, key in orders.placed] == ["feedback-toy-after-nothing", f"feedback-toy-after-{first.id}"]


def test_other_trainings_do_not_count(orders, store, feedback):
    worker = orders.schedule(retrain_after_feedback=1)
    store.submit(order(), None)
    other = order().dataset.model_copy(update={"name": "other"})
    store.submit(order(include_feedback=True, dataset=other), None)
    feedback("one")
    worker.look()
    assert [key for _, key in orders.placed] == ["feedback-toy-after-nothing"]


def test_what_stands_in_the_way_is_said_once(tmp_path, database, caplog):
    def place(request, key):
        raise StorageError("It is down.")

    settings = Settings(data=tmp_path, retrain_dataset="toy", retrain_cron="* * * * *")
    worker = Schedule(settings, database, place)
    for _ in range(3):
        worker.look(SUNDAY)
    assert caplog.text.count("Scheduled retraining is not possible now: It is down.") == 1
