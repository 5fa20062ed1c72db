import asyncio
import hashlib
import logging

import pytest
from sqlalchemy import select

from app.storage.database import Database
from app.storage.tables import AuditEntry
from tests.app.fakes import running

CLIENT, ADMIN = "client-key-0123456789", "admin-key-0123456789ab"
WHO = hashlib.sha256(ADMIN.encode()).hexdigest()[:8]


@pytest.fixture
def ask(tmp_path, database_url, caplog):
    """Sends requests; the answers, the rows of the table, and the lines of the log."""
    caplog.set_level(logging.INFO, "app.audit")

    def ask(*requests):
        async def main():
            keys = {"api_keys": (CLIENT,), "admin_keys": (ADMIN,)}
            async with running(data=tmp_path, database_url=database_url, **keys) as (_, client):
                return [
                    await client.request(method, path, headers={"X-API-Key": key, "X-Request-ID": "r1"}, content=body)
                    for method, path, key, body in requests
                ]

        answers = asyncio.run(main())
        opened = Database(tmp_path, database_url)
        with opened.read() as session:
            rows = session.scalars(select(AuditEntry).order_by(AuditEntry.id)).all()
        opened.close()
        return answers, rows, [record.getMessage() for record in caplog.records if record.name == "app.audit"]

    return ask


def facts(row):
    return row.who, row.action, row.target, row.outcome, row.request_id


def test_an_action_is_recorded_by_the_keys_fingerprint_whether_it_succeeds_or_not(ask):
    content = b"text,label\n" + b"".join(b"text %d,l%d\n" % (n, n % 2) for n in range(40))
    _, rows, lines = ask(
        ("PUT", "/datasets/a?label_column=label", ADMIN, content),
        ("PUT", "/datasets/a", ADMIN, b"text\n"),
        ("DELETE", "/datasets/a", ADMIN, b""),
        ("DELETE", "/datasets/a", ADMIN, b""),
    )
    expected = [("PUT", "201"), ("PUT", "422"), ("DELETE", "204"), ("DELETE", "404")]
    assert [facts(row) for row in rows] == [(WHO, method, "/datasets/a", status, "r1") for method, status in expected]
    assert lines == [f"key {WHO}: {method} /datasets/a -> {status} (request r1)" for method, status in expected]


def test_reading_leaves_no_trace(ask):
    assert ask(("GET", "/datasets", ADMIN, b""), ("GET", "/datasets/a", ADMIN, b""))[1:] == ([], [])


def test_a_clients_key_on_an_admin_route_is_recorded_and_an_unknown_one_only_logged(ask):
    answers, rows, lines = ask(("DELETE", "/datasets/a", CLIENT, b""), ("DELETE", "/datasets/a", "unknown", b""))
    assert [answer.status_code for answer in answers] == [403, 401]
    assert [(row.who, row.outcome) for row in rows] == [(hashlib.sha256(CLIENT.encode()).hexdigest()[:8], "403")]
    assert lines[1] == "key -: DELETE /datasets/a -> 401 (request r1)"


def test_neither_a_key_nor_a_line_break_gets_into_the_log(ask, caplog):
    hostile = "/datasets/a%0Dkey%20x%00" + "b" * 1000
    answers, rows, lines = ask(("DELETE", hostile, ADMIN, b""), ("PUT", "/datasets/%F0%9F%98%80", ADMIN, b""))
    assert [answer.status_code for answer in answers] == [422, 422]
    assert len(rows[0].target) == 255
    assert "\r" not in "".join(lines)
    assert ADMIN not in caplog.text


def test_the_key_is_asked_for_before_the_body_is_read(ask):
    assert [answer.status_code for answer in ask(("POST", "/retrain", "unknown", b"{"))[0]] == [401]


def test_what_was_done_stays_done_where_it_cannot_be_recorded(ask, monkeypatch, caplog):
    from app import audit
    from app.errors import StorageError

    def broken(*_):
        raise StorageError("The database is gone.")

    monkeypatch.setattr(audit, "_insert", broken)
    answers, rows, lines = ask(("DELETE", "/datasets/a", ADMIN, b""))
    assert answers[0].status_code == 404
    assert rows == []
    assert lines[1] == "The audit entry of request r1 is in this log alone: The database is gone."
