"""The frame of the page: its three parts, the ways to them, its colours, and the policy it comes with."""

import re

import httpx
import pytest
from playwright.sync_api import Response, expect

pytestmark = pytest.mark.browser

PARTS = ["Try it", "Inside the network", "Models and training"]
POLICY = {
    "default-src": "'none'",
    "script-src": "'self'",
    "style-src": "'self'",
    "img-src": "'self' data:",
    "connect-src": "'self'",
    "base-uri": "'none'",
    "form-action": "'none'",
    "frame-ancestors": "'none'",
}


def policy_of(answer):
    return dict(rule.strip().split(" ", 1) for rule in answer.headers["Content-Security-Policy"].split(";"))


def test_the_page_and_everything_it_refers_to_comes_with_a_policy_that_allows_its_own_files_alone(url, visit):
    visited = visit(url)
    answers: list[Response] = []
    visited.page.on("response", lambda answer: answers.append(answer))  # noqa: PLW0108 (no built-in is taken)
    for part in ["try", "network", "training"]:
        visited.open(f"/#{part}")
    visited.page.wait_for_load_state("networkidle")
    files = {answer.url for answer in answers if re.search(r"/(page/.*)?$", answer.url)}
    assert {f"{url}/", f"{url}/page/style.css", f"{url}/page/js/main.js"} <= files
    with httpx.Client(trust_env=False) as client:
        for file in files:
            assert policy_of(client.get(file)) == POLICY, file


@pytest.mark.parametrize("name", PARTS)
def test_each_part_is_reached_by_its_link_and_is_the_only_one_shown(url, visit, name):
    page = visit(url).open("/#network" if name == "Try it" else "/")
    page.get_by_role("navigation").get_by_role("link", name=name).click()
    expect(page.get_by_role("heading", level=1)).to_have_text(name)
    expect(page.get_by_role("link", name=name)).to_have_attribute("aria-current", "page")
    expect(page).to_have_title(f"{name} · Tercet")


def test_addresses_lead_to_parts_and_the_way_back_to_the_one_before(url, visit):
    page = visit(url).open("/#network")
    expect(page.get_by_role("heading", level=1)).to_have_text("Inside the network")
    page.get_by_role("link", name="Try it").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Try it")
    page.go_back()
    expect(page.get_by_role("heading", level=1)).to_have_text("Inside the network")


@pytest.mark.parametrize("place", [1, 2])
def test_each_part_is_reached_by_keyboard_and_what_has_the_focus_shows_it(url, visit, place):
    page = visit(url).open()
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Skip to the content")).to_be_focused()
    for _ in range(place + 1):
        page.keyboard.press("Tab")
    link = page.get_by_role("navigation").get_by_role("link", name=PARTS[place])
    expect(link).to_be_focused()
    assert link.evaluate("link => getComputedStyle(link).outlineStyle") != "none"
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text(PARTS[place])


def test_colours_follow_the_system_until_somebody_chooses_and_stay_as_chosen(url, visit):
    page = visit(url).open()
    background = "() => getComputedStyle(document.body).backgroundColor"
    light = page.evaluate(background)
    page.emulate_media(color_scheme="dark")
    expect(page.locator("body")).not_to_have_css("background-color", light)  # a frame later
    dark = page.evaluate(background)
    button = page.get_by_role("button", name="Colours: as the system has them")
    button.click()
    page.get_by_role("button", name="Colours: light").click()
    page.emulate_media(color_scheme="light")
    page.evaluate("() => new Promise(requestAnimationFrame)")
    assert page.evaluate(background) == dark
    page.reload()
    expect(page.get_by_role("button", name="Colours: dark")).to_be_visible()
    assert page.evaluate(background) == dark


def test_it_says_which_model_serves(url, visit):
    served = httpx.get(f"{url}/model", trust_env=False).json()
    page = visit(url).open()
    expect(page.get_by_text(f"{served['name']} · version {served['version']}")).to_be_visible()
