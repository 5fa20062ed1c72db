"""The queue, on both databases."""

import json
import sqlite3
import sys

import pytest

from app.errors import SettingsError
from app.jobs.queue import JobQueue, JsonSerializer, open_queue, training_task
from app.settings import Settings


@pytest.fixture
def settings(tmp_path, database_url):
    return Settings(data=tmp_path / "var", database_url=database_url)


def received(settings):
    """The ids that are in the queue, taken out of it."""
    huey = open_queue(settings)
    ids: list[str] = []
    training_task(huey, ids.append)
    huey.storage.blocking = False
    while (task := huey.dequeue()) is not None:
        huey.execute(task)
    huey.storage.close()
    return ids


def test_ids_come_out_in_the_order_in_which_they_went_in(settings):
    queue = JobQueue(settings)
    for job_id in ("a", "b", "a"):
        queue.enqueue(job_id)
    assert received(settings) == ["a", "b", "a"]
    assert received(settings) == []


@pytest.mark.redis
def test_redis_carries_them_as_well(tmp_path, redis_url):
    settings = Settings(data=tmp_path / "var", queue_url=redis_url)
    for job_id in ("a", "b", "a"):
        JobQueue(settings).enqueue(job_id)
    assert received(settings) == ["a", "b", "a"]
    assert not (tmp_path / "var").exists()


def test_messages_are_json(tmp_path):
    JobQueue(Settings(data=tmp_path)).enqueue("a")
    with sqlite3.connect(tmp_path / "queue.db") as connection:
        [(data,)] = connection.execute("SELECT data FROM task").fetchall()
    connection.close()
    assert json.loads(data)["args"] == ["a"]


def test_other_values_of_huey_are_json_too():
    serializer = JsonSerializer()
    assert serializer.deserialize(serializer.serialize({"a": [1, None]})) == {"a": [1, None]}


def test_a_file_that_is_damaged_is_replaced(tmp_path, caplog):
    (tmp_path / "queue.db").write_bytes(b"no database " * 100)
    JobQueue(Settings(data=tmp_path)).enqueue("a")
    assert "is damaged and replaced" in caplog.text
    assert received(Settings(data=tmp_path)) == ["a"]


def test_a_queue_that_cannot_be_used_is_logged_only(tmp_path, caplog):
    (tmp_path / "queue.db").mkdir()
    JobQueue(Settings(data=tmp_path)).enqueue("a")
    assert "Job a waits for a worker to find it" in caplog.text


def test_a_database_that_is_not_there_is_logged_only(tmp_path, caplog):
    JobQueue(Settings(data=tmp_path, database_url="postgresql://nobody:secret@127.0.0.1:9/none")).enqueue("a")
    assert "Job a waits for a worker to find it" in caplog.text
    assert "secret" not in caplog.text


def test_a_redis_that_is_not_there_is_logged_only(tmp_path, caplog):
    JobQueue(Settings(data=tmp_path, queue_url="redis://:secret@127.0.0.1:9/0")).enqueue("a")
    assert "Job a waits for a worker to find it" in caplog.text
    assert "secret" not in caplog.text


def test_a_wrong_queue_url_is_an_error_of_the_settings(tmp_path):
    with pytest.raises(SettingsError, match="TERCET_QUEUE_URL"):
        open_queue(Settings(data=tmp_path, queue_url="nonsense://"))


def test_without_the_extra_it_is_said_what_is_missing(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "redis", None)
    with pytest.raises(SettingsError, match="extra `redis`"):
        open_queue(Settings(data=tmp_path, queue_url="redis://127.0.0.1"))
