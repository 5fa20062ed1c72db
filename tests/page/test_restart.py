"""The page outlives the service that it came from: it says what is wrong, and goes on once there is an answer again."""

import contextlib
import re

import pytest
from playwright.sync_api import Page, expect

from tests.page.figures import explained, percent
from tests.page.prefix_proxy import proxied
from tests.ports import free_port
from tests.retraining.playground import KEY, Playground

pytestmark = pytest.mark.browser

PREFIX = "/tercet"
CLIENT_KEY = "a-client-key-of-these-tests"
SEA, STORM = "the sea was calm", "a storm came over the sea"


@pytest.fixture(scope="module")
def playground(tmp_path_factory, toy_models):
    """A service with a toy model, always on one port, and published below a path."""
    folder = tmp_path_factory.mktemp("restart")
    return Playground.of_toys(folder, toy_models, None, WORKER="none", PORT=free_port(), ROOT_PATH=PREFIX)


def expect_answer(page: Page, answer) -> None:
    """The bars of the page are those of this answer."""
    for label, probability in answer["prediction"]["probabilities"].items():
        row = page.locator("label").filter(has=page.get_by_role("radio", name=label))
        expect(row).to_contain_text(percent(probability))


def test_a_page_recovers_by_itself_when_the_service_comes_back(playground, visit):
    with contextlib.ExitStack() as running:
        service, _ = running.enter_context(playground.started())
        visited = visit(service.url)
        page = visited.open()
        page.get_by_label("Your text").fill(SEA)
        expect_answer(page, explained(service.url, SEA))
        service.terminate()
        assert service.exit_code() == 0
        visited.expect(r"ERR_CONNECTION_REFUSED|\b503\b")
        page.get_by_label("Your text").fill(STORM)
        expect(page.get_by_role("status").filter(has_text="The service does not answer.")).to_be_visible()
        service, _ = running.enter_context(playground.started())
        expect_answer(page, explained(service.url, STORM))
        expect(page.get_by_text("The service does not answer.")).to_have_count(0)


def test_below_the_path_of_a_proxy_everything_works_and_no_request_leaves_that_path(playground, visit):
    with playground.started() as (service, _), proxied(service.url, PREFIX) as address:
        visited = visit(address)
        asked: list[str] = []
        visited.page.on("request", lambda request: asked.append(request.url))
        page = visited.open("/")
        page.get_by_label("Your text").fill(SEA)
        expect_answer(page, explained(service.url, SEA))
        page.get_by_role("link", name="Models and training").click()
        page.get_by_label("Admin key").fill(KEY)
        page.get_by_role("button", name="Open").click()
        expect(page.get_by_role("heading", name="Version 1", exact=True)).to_be_visible()
        assert len(asked) > 10
        assert [address_ for address_ in asked if not address_.startswith(f"{address}/")] == []


def test_a_service_that_asks_clients_for_a_key_is_used_with_one(tmp_path, toy_models, visit):
    closed = Playground.of_toys(tmp_path, toy_models, None, WORKER="none", API_KEYS=CLIENT_KEY)
    with closed.started() as (service, admin):
        visited = visit(service.url)
        visited.expect(r"\b401\b")
        page = visited.open()
        for key in ("not-a-key", CLIENT_KEY):
            field = page.get_by_label("This service asks for a key")
            expect(field).to_be_visible()
            field.fill(key)
            page.get_by_role("button", name="Use it").click()
        page.get_by_label("Your text").fill(SEA)
        expect_answer(page, admin.post("/explain", json={"text": SEA}).json())
        expect(page.get_by_text(re.compile(r"toy · version 1"))).to_be_visible()
