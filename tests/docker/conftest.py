"""One installation for all tests here: it needs an engine that has built tercet:ci."""

from collections.abc import Iterator

import pytest

from tests.docker.compose import PORT, Project


@pytest.fixture(scope="session")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Project]:
    """api and worker, started by `docker compose up` and healthy."""
    project = Project(tmp_path_factory.mktemp("project"), variables={"TERCET_PUBLISH": f"127.0.0.1:{PORT}"})
    (project.folder / ".env").write_text("TERCET_ACCESS_LOG=true\n", encoding="utf-8")
    remove = ("down", "--volumes", "--timeout", "5")
    project(*remove)  # what a run that was killed left behind
    try:
        project.up()
        yield project
    finally:
        project(*remove)
