"""Bringing a database to the present schema, by Alembic."""

from pathlib import Path

from sqlalchemy import Connection, inspect, text

from app.errors import StorageError

HEAD = "0001"
"""The newest migration; a test holds it against `migrations/versions`."""
_MIGRATIONS = Path(__file__).parent / "migrations"


def upgrade(connection: Connection) -> None:
    """Run the migrations that are missing. Raises `StorageError` where a newer Tercet wrote the database."""
    present = _revision(connection)
    if present == HEAD:
        return
    if present is not None and present > HEAD:
        raise StorageError(
            f"The database has schema {present}, this Tercet knows {HEAD} at most. Run the newer Tercet that wrote it."
        )
    # A third of a second of import that only the first start after an update needs.
    from alembic import command  # noqa: PLC0415
    from alembic.config import Config  # noqa: PLC0415

    config = Config()
    config.set_main_option("script_location", str(_MIGRATIONS).replace("%", "%%"))
    config.attributes["connection"] = connection
    command.upgrade(config, "head")


def _revision(connection: Connection) -> str | None:
    if not inspect(connection).has_table("alembic_version"):
        return None
    return connection.execute(text("SELECT version_num FROM alembic_version")).scalar()
