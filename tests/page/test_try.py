""" "Try it": a sentence is typed, and what comes back is what `POST /explain` says of it."""

import re

import httpx
import pytest
from playwright.sync_api import Page, Route, expect

from tests.page.figures import explained, percent, signed

pytestmark = pytest.mark.browser

SENTENCE = "The old clock struck, and I dreamt of my mother's zwxqv garden."
OTHER = "We walked home along the quiet river in the morning light."
NAMES = ["Edgar Allan Poe", "H. P. Lovecraft", "Mary Shelley"]


@pytest.fixture
def page(url, visit):
    return visit(url).open()


def type_in(page: Page, text: str) -> None:
    page.get_by_label("Your text").fill(text)


def bar(page: Page, name: str):
    return page.get_by_role("radio", name=name)


def words(page: Page):
    return page.get_by_role("group", name="The words of the text").get_by_role("button")


def card(page: Page):
    return page.get_by_role("complementary", name="The word looked at")


def expect_answer(page: Page, answer) -> None:
    """The bars of the page are those of this answer."""
    for label, probability in answer["prediction"]["probabilities"].items():
        row = page.locator("label").filter(has=bar(page, answer["label_names"][label]))
        expect(row).to_contain_text(percent(probability))


def test_a_typed_sentence_gets_a_bar_for_each_class_by_its_readable_name(url, page):
    page.get_by_label("Your text").fill("")
    page.get_by_label("Your text").press_sequentially(SENTENCE, delay=2)
    answer = explained(url, SENTENCE)
    assert list(answer["label_names"].values()) == NAMES
    expect_answer(page, answer)
    expect(bar(page, answer["label_names"][answer["prediction"]["label"]])).to_be_checked()
    served = answer["prediction"]["model"]
    expect(
        page.get_by_text(re.compile(rf"{served['name']}, version {served['version']}, answered in \d+ ms"))
    ).to_be_visible()


def test_each_word_is_coloured_by_what_it_adds_and_says_so_on_focus_and_under_the_pointer(url, page):
    type_in(page, SENTENCE)
    answer = explained(url, SENTENCE)
    expect(words(page)).to_have_count(len(answer["tokens"]))
    expect_answer(page, answer)
    colours = set()
    for index, (token, value) in enumerate(zip(answer["tokens"], answer["attributions"]["values"], strict=True)):
        word = words(page).nth(index)
        word.focus()
        expect(card(page).get_by_role("heading", level=3)).to_have_text(token["text"])
        if token["used"]:
            expect(card(page)).to_contain_text(signed(value))
            expect(word).to_have_accessible_name(re.compile(re.escape(signed(value))))
            colours.add((value > 0, word.evaluate("word => getComputedStyle(word).backgroundColor")))
    assert len(colours) > 2
    assert not {colour for positive, colour in colours if positive} & {
        colour for positive, colour in colours if not positive
    }
    words(page).first.hover()
    expect(card(page).get_by_role("heading", level=3)).to_have_text(answer["tokens"][0]["text"])


def test_words_are_walked_with_the_arrow_keys(url, page):
    type_in(page, SENTENCE)
    expect(words(page)).to_have_count(len(explained(url, SENTENCE)["tokens"]))
    words(page).first.focus()
    page.keyboard.press("ArrowRight")
    expect(words(page).nth(1)).to_be_focused()
    page.keyboard.press("End")
    expect(words(page).last).to_be_focused()
    page.keyboard.press("Home")
    expect(words(page).first).to_be_focused()


def test_what_a_word_is_worth_is_told_by_leaving_it_out_and_by_its_neighbours(url, page):
    type_in(page, SENTENCE)
    answer = explained(url, SENTENCE)
    expect_answer(page, answer)
    index = next(place for place, token in enumerate(answer["tokens"]) if token["text"] == "dreamt")
    words(page).nth(index).click()
    left_out = next(each for each in answer["what_if"] if each["token"] == index)
    expect(card(page)).to_contain_text(percent(left_out["probabilities"][answer["label"]]))
    nearest = card(page).get_by_role("list").get_by_role("listitem")
    expect(nearest).to_have_text([re.compile(each["word"]) for each in answer["tokens"][index]["neighbours"]])


def test_words_that_the_vocabulary_has_not_and_words_outside_the_window_are_marked(url, page):
    text = f"{OTHER} A zwxqv sang. " + " ".join([OTHER] * 5)
    type_in(page, text)
    answer = explained(url, text)
    expect(words(page)).to_have_count(len(answer["tokens"]))
    unknown = [place for place, token in enumerate(answer["tokens"]) if not token["known"]]
    cut = [place for place, token in enumerate(answer["tokens"]) if token["known"] and not token["used"]]
    assert len(unknown) == 1
    assert len(cut) == len(answer["tokens"]) - 51
    expect(words(page).nth(unknown[0])).to_have_accessible_name(re.compile("unknown"))
    for place in cut:
        expect(words(page).nth(place)).to_have_accessible_name(re.compile("cut off"))
    expect(page.get_by_text("not in the vocabulary")).to_be_visible()
    expect(page.get_by_text("cut off: outside the window")).to_be_visible()


def test_words_are_coloured_for_the_class_that_is_chosen(url, page):
    type_in(page, SENTENCE)
    least = min((found := explained(url, SENTENCE)["prediction"])["probabilities"], key=found["probabilities"].get)
    answer = explained(url, SENTENCE, label=least)
    name = answer["label_names"][least]
    bar(page, name).check()
    expect(page.get_by_text(f"Together the words move the logit of {name} by")).to_be_visible()
    words(page).first.focus()
    expect(card(page)).to_contain_text(signed(answer["attributions"]["values"][0]))
    expect(bar(page, name)).to_be_checked()


def test_an_answer_that_comes_late_does_not_replace_a_newer_one(url, page):
    held: list[Route] = []

    def hold(route: Route) -> None:
        if SENTENCE in (route.request.post_data or ""):
            held.append(route)
        else:
            route.continue_()

    page.route("**/explain*", hold)
    type_in(page, SENTENCE)
    while not held:
        page.wait_for_timeout(20)
    type_in(page, OTHER)
    answer = explained(url, OTHER)
    expect_answer(page, answer)
    expect(words(page)).to_have_count(len(answer["tokens"]))
    stale = httpx.post(f"{url}/explain", json={"text": SENTENCE}, trust_env=False)
    held[0].fulfill(status=200, body=stale.text, content_type="application/json")
    page.wait_for_timeout(300)
    expect_answer(page, answer)
    expect(words(page)).to_have_count(len(answer["tokens"]))


def test_places_in_a_text_count_characters_as_people_do(url, page):
    text = "\U0001f30a\U0001f30a The sea \U0001f98b was calm."
    type_in(page, text)
    expected = ["\U0001f30a\U0001f30a", "The", "sea", "\U0001f98b", "was", "calm"]
    expect(words(page)).to_have_text([re.compile(f"^{word}") for word in expected])


def test_a_text_is_shown_and_never_run(url, page):
    text = "<img src=x onerror=alert(1)> <b>bold</b> sea"
    type_in(page, text)
    expect(words(page)).to_have_count(len(explained(url, text)["tokens"]))
    assert page.locator("#try img, #try b").count() == 0


def test_examples_fill_the_box(url, page):
    examples = page.get_by_role("group", name="Examples").get_by_role("button")
    for place in range(examples.count()):
        examples.nth(place).click()
        text = page.get_by_label("Your text").input_value()
        expect_answer(page, explained(url, text))


def test_an_empty_text_and_one_of_unknown_words_alone_are_said_to_be_so(page):
    type_in(page, "zwxqv")
    expect(page.get_by_text("the answer is a guess")).to_be_visible()
    type_in(page, "  ")
    expect(page.get_by_text("Nothing to read yet.")).to_be_visible()


def test_a_text_that_is_too_long_is_refused_in_words(url, visit):
    visited = visit(url)
    visited.expect("422")
    page = visited.open()
    type_in(page, "sea " * 5001)
    expect(page.get_by_role("alert")).to_contain_text("20,000")
    type_in(page, OTHER)
    expect_answer(page, explained(url, OTHER))
    expect(page.get_by_role("alert")).to_be_hidden()
