"""A browser, services to look at, and visits of which each is watched until its test ends."""

import shutil
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, expect

from model.assets import assets_folder
from tests import chromium
from tests.app.process import started
from tests.page.visits import LONGEST_WAIT_MS, Visit

Visitor = Callable[..., Visit]
REFERENCE = assets_folder() / "bundles" / "spooky-authors" / "1"

expect.set_options(timeout=LONGEST_WAIT_MS)


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """One for a file of tests: while it runs, no test of this process could run an asyncio loop."""
    with chromium.launched() as launched:
        yield launched


@pytest.fixture(scope="session")
def url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a service with the network `reference` of the box. Shared: no test changes it."""
    folder = tmp_path_factory.mktemp("shipped")
    shutil.copytree(REFERENCE, folder / "data" / "models" / "spooky-authors" / "1")
    with started(folder, DATA=folder / "data") as service:
        service.wait_until_ready()
        yield service.url


@pytest.fixture
def visit(browser: Browser) -> Iterator[Visitor]:
    """`visit(url, **options of a browser context)`; the test fails where a page did what no page may."""
    visits: list[Visit] = []

    def begin(address: str, **options: Any) -> Visit:
        visits.append(Visit(browser, address, **options))
        return visits[-1]

    yield begin
    problems = [problem for each in visits for problem in each.problems()]
    for each in visits:
        each.close()
    assert problems == []
