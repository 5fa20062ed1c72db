"""The database on both of its kinds: what a transaction promises, and what is said where it cannot be kept."""

import multiprocessing
import os
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import func, select, text
from sqlalchemy.exc import IntegrityError

from app.errors import SettingsError, StorageError
from app.storage.database import Database
from app.storage.tables import Feedback, Job, JobEvent


def row(number: int = 0, **values: object) -> Feedback:
    facts = {"text": "the sea", "label": "A", "model": "toy", "version": 1, **values}
    return Feedback(digest=f"{number:064}", **facts)


def count(database: Database) -> int:
    with database.read() as session:
        return session.scalar(select(func.count()).select_from(Feedback)) or 0


@pytest.fixture
def unusable(caplog):
    """The one line in the log that says why a database cannot be used; readers and writers learn that it cannot."""

    def reason_of(database: Database) -> str:
        caplog.clear()
        general = r"^The database cannot be used now; the log says why\.$"
        with pytest.raises(StorageError, match=general), database.write() as session:
            session.add(row())
        with pytest.raises(StorageError, match=general), database.read() as session:
            session.scalar(select(Feedback.id))
        (message,) = caplog.messages
        return str(message)

    return reason_of


def test_what_a_block_wrote_is_there_for_a_process_that_comes_later(database, database_url, tmp_path):
    with database.write() as session:
        session.add(row())
    database.close()
    later = Database(tmp_path, database_url)
    assert count(later) == 1
    later.close()


def test_a_block_that_raises_leaves_nothing(database):
    def fail_half_way() -> None:
        with database.write() as session:
            session.add(row())
            session.flush()
            raise RuntimeError

    with pytest.raises(RuntimeError):
        fail_half_way()
    assert count(database) == 0


def test_a_mistake_of_the_caller_is_raised_as_it_is_and_leaves_nothing(database):
    with pytest.raises(IntegrityError), database.write() as session:
        session.add_all([row(1), row(1)])
    assert count(database) == 0


def test_foreign_keys_are_kept(database):
    with pytest.raises(IntegrityError), database.write() as session:
        session.add(JobEvent(job_id="nobody", kind="note", data={}))


def test_events_go_with_their_job(database):
    with database.write() as session:
        session.add(Job(id="a", request={}))
        session.flush()
        session.add(JobEvent(job_id="a", kind="note", data={}))
    with database.write() as session:
        session.delete(session.get(Job, "a"))
    with database.read() as session:
        assert session.scalars(select(JobEvent)).all() == []


def test_a_number_that_json_does_not_know_is_kept_as_none(database):
    with database.write() as session:
        session.add(Job(id="a", request={"loss": float("nan"), "names": ["é", "a\0b"]}))
    with database.read() as session:
        assert session.scalar(select(Job.request)) == {"loss": None, "names": ["é", "a\0b"]}


def test_characters_that_postgres_cannot_hold_are_replaced(database):
    with database.write() as session:
        session.add(row(text="a\0b \ud800 \N{SNOWMAN} \U0001f30a"))
    with database.read() as session:
        assert session.scalar(select(Feedback.text)) == "a\ufffdb \ufffd \N{SNOWMAN} \U0001f30a"


def test_a_moment_comes_back_aware_of_its_zone(database):
    with database.write() as session:
        written = row()
        session.add(written)
    with database.read() as session:
        moment = session.scalar(select(Feedback.created_at))
    assert moment == written.created_at
    assert moment is not None
    assert moment.utcoffset() is not None


def test_writers_take_turns_so_that_what_they_read_stays_true(database):
    with database.write() as session:
        session.add(row(times=0))

    def increase(_number: int) -> None:
        with database.write() as session:
            found = session.scalars(select(Feedback)).one()
            found.times += 1

    with ThreadPoolExecutor(8) as threads:
        list(threads.map(increase, range(80)))
    with database.read() as session:
        assert session.scalar(select(Feedback.times)) == 80


def test_readers_do_not_wait_for_a_writer_nor_see_what_it_has_not_committed(database):
    with database.write() as session:
        session.add(row())
        session.flush()
        assert count(database) == 0
    assert count(database) == 1


def open_and_write(folder, url, number, barrier):
    barrier.wait(60)
    opened = Database(folder, url)
    with opened.write() as session:
        session.add(row(number))
    opened.close()


def test_processes_that_open_a_new_database_at_once_all_find_it_made(tmp_path, database_url):
    processes = multiprocessing.get_context("spawn")
    barrier = processes.Barrier(4)
    started = [
        processes.Process(target=open_and_write, args=(tmp_path / "data", database_url, number, barrier))
        for number in range(4)
    ]
    for process in started:
        process.start()
    for process in started:
        process.join(60)
    assert [process.exitcode for process in started] == [0, 0, 0, 0]
    opened = Database(tmp_path / "data", database_url)
    assert count(opened) == 4
    opened.close()


def write_and_die(folder, url):
    opened = Database(folder, url)
    with opened.write() as session:
        session.add(row(1))
    with opened.write() as session:
        session.add(row(2))
        session.flush()
        os._exit(9)


def test_a_process_that_is_killed_loses_what_it_had_not_committed_alone(tmp_path, database, database_url):
    process = multiprocessing.get_context("spawn").Process(target=write_and_die, args=(tmp_path, database_url))
    process.start()
    process.join(60)
    assert process.exitcode == 9
    assert count(database) == 1
    with database.write() as session:  # what the dead one held is free
        session.add(row(3))
    assert count(database) == 2


def test_a_thread_that_finds_every_connection_taken_is_told_so(database, monkeypatch, unusable):
    monkeypatch.setattr(database._engine.pool, "_timeout", 0.01)
    assert count(database) == 0
    held = [database._engine.connect() for _ in range(15)]
    assert "QueuePool" in unusable(database)
    for connection in held:
        connection.close()
    assert count(database) == 0


def test_sqlite_has_a_write_ahead_log_and_waits_for_the_disk(tmp_path):
    database = Database(tmp_path)
    with database.read() as session:
        pragmas = [session.scalar(text(f"PRAGMA {name}")) for name in ("journal_mode", "synchronous", "foreign_keys")]
    assert pragmas == ["wal", 2, 1]  # 2: FULL
    database.close()


def test_sqlite_is_in_the_data_folder_which_is_made(tmp_path):
    database = Database(tmp_path / "a" / "b")
    assert count(database) == 0
    assert (tmp_path / "a" / "b" / "tercet.db").is_file()
    database.close()


def test_a_writer_that_waits_too_long_is_told_so(tmp_path, database_url, monkeypatch, caplog):
    monkeypatch.setattr("app.storage.engine._BUSY_S", 0.25)
    database, entered, leave = Database(tmp_path, database_url), threading.Event(), threading.Event()

    def hold() -> None:
        with database.write() as session:
            session.add(row(1))
            session.flush()
            entered.set()
            leave.wait(60)

    holder = threading.Thread(target=hold)
    holder.start()
    entered.wait(60)
    try:
        with pytest.raises(StorageError), database.write() as session:
            session.add(row(2))
    finally:
        leave.set()
        holder.join()
    assert "lock" in caplog.text
    with database.write() as session:
        session.add(row(2))
    assert count(database) == 2
    database.close()


def test_a_file_that_is_no_database_is_said_to_be_none(tmp_path, unusable):
    (tmp_path / "tercet.db").write_text("something else " * 100)
    said = unusable(Database(tmp_path))
    assert said == f"The database sqlite:///{tmp_path}/tercet.db cannot be used: file is not a database"


def test_a_data_folder_that_cannot_be_made_is_named(tmp_path):
    (tmp_path / "file").touch()
    folder = tmp_path / "file" / "data"
    with pytest.raises(StorageError) as caught, Database(folder).read():
        pass
    assert str(caught.value) == f"{folder} (TERCET_DATA) cannot be written (Not a directory)."


def test_a_database_that_was_taken_away_is_missed(tmp_path, unusable):
    database = Database(tmp_path)
    assert count(database) == 0
    with database.write() as session:
        session.execute(text("DROP TABLE feedback"))
    assert "no such table: feedback" in unusable(database)
    database.close()


@pytest.mark.parametrize("url", ["nonsense", "postgresql://u:secret@host:port/name", "://u:secret@", "postgresql"])
def test_what_is_no_url_is_refused_without_being_shown(tmp_path, url):
    with pytest.raises(SettingsError) as caught:
        Database(tmp_path, url)
    assert caught.value.problems == [
        "TERCET_DATABASE_URL is no database's URL, such as postgresql://user:password@host/name."
    ]
    assert caught.value.__cause__ is None
    assert caught.value.__suppress_context__


@pytest.mark.parametrize("url", ["mysql://u:secret@host/name", "sqlite://", "http://u:secret@host"])
def test_another_kind_of_database_is_named(tmp_path, url):
    kind = url.partition(":")[0]
    with pytest.raises(SettingsError, match=f"^TERCET_DATABASE_URL names {kind}; it has to be postgresql://…"):
        Database(tmp_path, url)


@pytest.mark.postgres
def test_postgres_may_be_called_postgres(tmp_path, postgres):
    url = postgres.create()
    database = Database(tmp_path, url.replace("postgresql://", "postgres://"))
    assert count(database) == 0
    database.close()
    postgres.drop(url)


def test_an_unreachable_postgres_is_said_to_be_so_without_its_password(tmp_path, unusable):
    database = Database(tmp_path, "postgresql://user:secret@127.0.0.1:1/name?password=secret")
    said = unusable(database)
    assert said.startswith("The database postgresql+psycopg://user:***@127.0.0.1:1/name cannot be used: ")
    assert "refused" in said
    assert "secret" not in said


@pytest.mark.postgres
def test_a_database_that_is_not_there_is_named(tmp_path, postgres, unusable):
    assert '"nowhere" does not exist' in unusable(Database(tmp_path, postgres.url("nowhere")))


@pytest.mark.postgres
def test_a_user_who_may_make_no_tables_is_told_so(tmp_path, postgres, unusable):
    url = postgres.create()
    owner = Database(tmp_path, url)
    with owner._engine.begin() as connection:
        connection.execute(text("CREATE ROLE guest LOGIN"))
    guest = Database(tmp_path, url.replace("tercet@", "guest@"))
    assert "permission denied for schema public" in unusable(guest)
    guest.close()
    owner.close()
    postgres.drop(url)


@pytest.mark.postgres
def test_a_postgres_that_was_restarted_is_used_again_and_missed_meanwhile(tmp_path, postgres, unusable):
    url = postgres.create()
    database = Database(tmp_path, url)
    with database.write() as session:
        session.add(row())
    postgres.stop()
    try:
        assert "refused" in unusable(database)
    finally:
        postgres.start()
    assert count(database) == 1
    postgres.stop()
    postgres.start()  # the pool still has connections to the one before
    with database.write() as session:
        session.add(row(2))
    assert count(database) == 2
    database.close()
    postgres.drop(url)
