"""What a caller over HTTP is told where the database cannot be used."""

import asyncio

from sqlalchemy import text

from app.application import create_app
from app.dependencies import DatabaseDep
from tests.app.fakes import client_of, settings


async def ask(app):
    async with client_of(app) as client:
        return await client.get("/recorded")


def test_it_is_a_problem_of_the_moment_and_says_neither_where_it_is_nor_who_asks(tmp_path):
    url = "postgresql://somebody:secret@127.0.0.1:1/name"
    app = create_app(settings(data=tmp_path, database_url=url))

    @app.get("/recorded")
    def recorded(database: DatabaseDep) -> None:
        with database.read() as session:
            session.execute(text("SELECT 1"))

    answer = asyncio.run(ask(app))
    assert answer.status_code == 503
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert answer.headers["Retry-After"] == "2"
    assert answer.json() == {
        "type": "about:blank",
        "title": "Service Unavailable",
        "status": 503,
        "detail": "The database cannot be used now; the log says why.",
    }
