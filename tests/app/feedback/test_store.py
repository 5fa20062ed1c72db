import concurrent.futures
import json
from datetime import UTC, datetime, timedelta

import pytest

from app.feedback.store import FeedbackStore
from app.storage.columns import now
from app.storage.tables import Feedback


@pytest.fixture
def store(database):
    return FeedbackStore(database)


def exported(store, path, *arguments):
    count = store.export(path, *arguments)
    pairs = [(row["text"], row["label"]) for row in map(json.loads, path.read_text(encoding="utf-8").splitlines())]
    assert len(pairs) == count
    return pairs


def test_the_same_text_and_label_are_one_row_that_is_counted(store, database):
    assert [store.add("sea", "calm", "m", version) for version in (1, 1, 2)] == [1, 2, 3]
    assert store.add("sea", "storm", "m", 1) == 1
    assert store.add("Sea", "calm", "m", 1) == 1
    assert store.count_since() == 3
    with database.read() as session:
        first = session.get_one(Feedback, 1)
    assert (first.text, first.label, first.model, first.version, first.times) == ("sea", "calm", "m", 1, 3)
    assert first.seen_at > first.created_at


def test_where_text_ends_and_label_begins_matters(store):
    assert store.add('a", "b', "c", "m", 1) == 1
    assert store.add("a", 'b", "c', "m", 1) == 1


def test_callers_at_the_same_time_are_all_counted(store):
    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        times = list(pool.map(lambda _: store.add("sea", "calm", "m", 1), range(40)))
    assert sorted(times) == list(range(1, 41))
    assert store.count_since() == 1


def test_of_several_labels_the_last_one_is_exported(store, tmp_path):
    for text, label in (("sea", "calm"), ("snow", "thaw"), ("sea", "storm"), ("moon", "calm"), ("snow", "thaw")):
        store.add(text, label, "m", 1)
    path = tmp_path / "feedback.jsonl"
    assert exported(store, path) == [("sea", "storm"), ("moon", "calm"), ("snow", "thaw")]
    store.add("sea", "calm", "m", 1)
    assert exported(store, path)[-1] == ("sea", "calm")


def test_with_labels_only_theirs_count(store, tmp_path):
    for text, label in (("sea", "calm"), ("sea", "storm"), ("snow", "thaw")):
        store.add(text, label, "m", 1)
    assert exported(store, tmp_path / "f.jsonl", ["calm", "thaw"]) == [("sea", "calm"), ("snow", "thaw")]
    assert exported(store, tmp_path / "f.jsonl", []) == []


def test_an_export_is_whole_or_not_at_all(store, tmp_path, monkeypatch):
    path = tmp_path / "f.jsonl"
    store.add("sea", "calm", "m", 1)
    store.export(path)
    before = sorted(tmp_path.iterdir())
    monkeypatch.setattr(store, "_last_labels", broken)
    with pytest.raises(ZeroDivisionError):
        store.export(path)
    assert path.read_text() == '{"text": "sea", "label": "calm"}\n'
    assert sorted(tmp_path.iterdir()) == before


def broken(_labels):
    yield {"text": "a", "label": "b"}
    raise ZeroDivisionError


def test_texts_of_any_characters_come_out_as_they_went_in(store, tmp_path):
    texts = [
        "naïve café",
        "🦀 \u202e",
        "two\nlines\r\n",
        'a "quoted" \\ one',
        "' OR 1=1; --",
        "%s %(x)s :name ?",
        " sea ",
    ]
    for text in texts:
        store.add(text, "calm", "m", 1)
    assert [text for text, _ in exported(store, tmp_path / "f.jsonl")] == texts


def test_many_rows_are_exported(store, database, tmp_path):
    with database.write() as session:
        session.add_all(Feedback(digest=str(n), text=str(n), label="calm", model="m", version=1) for n in range(2500))
    assert len(exported(store, tmp_path / "f.jsonl")) == 2500


def test_rows_are_counted_from_when_they_first_came(store, database):
    store.add("sea", "calm", "m", 1)
    between = now()
    store.add("snow", "calm", "m", 1)
    store.add("sea", "calm", "m", 1)
    assert store.count_since(between) == 1
    assert store.count_since(now() + timedelta(hours=1)) == 0
    assert store.count_since(datetime(2020, 1, 1, tzinfo=UTC)) == 2
