"""Whatever the colours and the width, everybody can use what the page shows, and nobody scrolls it sideways."""

import pytest
from playwright.sync_api import Page, expect

from tests.page.accessibility import violations
from tests.page.visits import DARK, PHONE

pytestmark = pytest.mark.browser

EVERY_WAY = pytest.mark.parametrize(
    "options", [{}, DARK, PHONE, PHONE | DARK], ids=["light", "dark", "phone", "dark phone"]
)
LONG = "The zwxqv sea " + "o" * 300 + " was calm. " + "We walked home along the quiet river. " * 8


def assert_fits(page: Page) -> None:
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), "the page scrolls sideways"


@EVERY_WAY
def test_what_a_sentence_gets(url, visit, options):
    page = visit(url, **options).open()
    expect(page.get_by_role("group", name="The words of the text").get_by_role("button").first).to_be_visible()
    assert_fits(page)
    assert violations(page) == []
    page.get_by_label("Your text").fill(LONG)
    expect(page.get_by_text("cut off: outside the window")).to_be_visible()
    page.get_by_label("Numbers under the words").check()
    assert_fits(page)
    assert violations(page) == []


@EVERY_WAY
def test_the_walk_through_the_network(url, visit, options):
    page = visit(url, **options).open()
    page.get_by_label("Your text").fill(LONG)
    page.get_by_role("navigation").get_by_role("link", name="Inside the network").click()
    expect(page.locator("article[data-layer=probabilities]")).to_contain_text("Mary Shelley")
    assert_fits(page)
    page.get_by_role("application").first.focus()
    page.keyboard.press("End")
    assert_fits(page)
    assert violations(page) == []
