"""The migrations: they make what `tables.py` says, all of it or nothing, and never touch what a newer Tercet made."""

import re

import pytest
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, event, inspect, text

from app.errors import StorageError
from app.storage import schema
from app.storage.database import Database
from app.storage.tables import Base


def scripts() -> ScriptDirectory:
    config = Config()
    config.set_main_option("script_location", str(schema._MIGRATIONS))
    return ScriptDirectory.from_config(config)


def open_now(database: Database) -> None:
    with database.read() as session:
        session.execute(text("SELECT 1"))


def tables(connection: Connection) -> set[str]:
    return set(inspect(connection).get_table_names())


def test_head_is_the_newest_migration_and_there_is_one_line_of_them():
    assert scripts().get_heads() == [schema.HEAD]


def test_migrations_are_numbered_so_that_a_newer_one_is_greater():
    revisions = [script.revision for script in scripts().walk_revisions("base", "heads")][::-1]
    assert revisions == [f"{number:04}" for number in range(1, len(revisions) + 1)]


def test_what_the_migrations_make_is_what_the_tables_say(database):
    open_now(database)
    with database._engine.connect() as connection:
        options = {"compare_type": True, "compare_server_default": True}
        assert compare_metadata(MigrationContext.configure(connection, opts=options), Base.metadata) == []
        found = inspect(connection)
        for table in Base.metadata.sorted_tables:  # what the comparison leaves out
            columns = [column.name for column in table.primary_key]
            assert found.get_pk_constraint(table.name)["constrained_columns"] == columns
            keys = {key["name"]: key["options"] for key in found.get_foreign_keys(table.name)}
            assert keys == {str(key.name): {"ondelete": key.ondelete} for key in table.foreign_key_constraints}


def test_a_second_opening_changes_nothing(database, database_url, tmp_path):
    open_now(database)
    again = Database(tmp_path, database_url)
    statements: list[str] = []
    event.listen(again._engine, "before_cursor_execute", lambda *arguments: statements.append(arguments[2]))
    open_now(again)
    assert statements
    assert not [statement for statement in statements if re.match("CREATE|ALTER|INSERT|UPDATE|DROP", statement)]
    again.close()


def test_a_migration_that_fails_leaves_nothing_and_the_next_opening_does_it_again(database):
    def fail(_connection: object, _cursor: object, statement: str, *_others: object) -> None:
        if "CREATE TABLE jobs" in statement:
            raise StorageError("The disk is full.")

    event.listen(database._engine, "before_cursor_execute", fail)
    with pytest.raises(StorageError, match="disk is full"):
        open_now(database)
    with database._engine.connect() as connection:
        assert tables(connection) == set()
    event.remove(database._engine, "before_cursor_execute", fail)
    open_now(database)
    with database._engine.connect() as connection:
        assert tables(connection) == {*Base.metadata.tables, "alembic_version"}


def test_a_database_of_a_newer_schema_is_refused_and_left_as_it_is(database, database_url, tmp_path):
    open_now(database)
    with database.write() as session:
        session.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    older = Database(tmp_path, database_url)
    with pytest.raises(StorageError, match=r"^The database has schema 9999, this Tercet knows 0001 at most\. Run the "):
        open_now(older)
    with database.read() as session:
        assert session.scalar(text("SELECT version_num FROM alembic_version")) == "9999"
    older.close()


def test_the_first_migration_can_be_undone(database):
    from alembic import command

    open_now(database)
    with database._engine.begin() as connection:
        config = Config()
        config.set_main_option("script_location", str(schema._MIGRATIONS))
        config.attributes["connection"] = connection
        command.downgrade(config, "base")
    with database._engine.connect() as connection:
        assert tables(connection) == {"alembic_version"}
