"""The database on both of its kinds."""

from sqlalchemy import func, select

from app.storage.tables import Feedback


def row(text: str = "calm sea") -> Feedback:
    return Feedback(digest=text.rjust(64, "0"), text=text, label="A", model="toy", version=1)


def test_what_is_written_in_a_block_is_read_in_the_next(database):
    with database.write() as session:
        session.add(row())
    with database.read() as session:
        assert session.scalar(select(func.count()).select_from(Feedback)) == 1
