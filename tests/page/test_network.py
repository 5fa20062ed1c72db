""" "Inside the network": every number that it shows is one of `POST /explain`, by keyboard as under the pointer."""

import re

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.page.figures import explained, figure, percent, signed

pytestmark = pytest.mark.browser

SENTENCE = "The old clock struck, and I dreamt of my mother's zwxqv garden."
WIDTH = 5
POOL = 4
CELL = re.compile(r"(\d+), “(.*)”, (?:number|filter) (\d+): ([−\d.]+)")
LAYERS = [
    ("ids", "InputLayer", "50", None),
    ("embedding", "Embedding", "50 × 100", "20,000 · 100 = 2,000,000"),
    ("embedding_dropout", "Dropout", "50 × 100", None),
    ("convolution", "Conv1D", "46 × 64", "5 · 100 · 64 + 64 = 32,064"),
    ("pooling", "MaxPooling1D", "11 × 64", None),
    ("lstm", "LSTM", "100", "4 · (100 · (64 + 100) + 100) = 66,000"),
    ("probabilities", "Dense", "3", "100 · 3 + 3 = 303"),
]


@pytest.fixture(scope="module")
def answer(url):
    return explained(url, SENTENCE)


@pytest.fixture
def layers(answer):
    return {layer["name"]: layer for layer in answer["layers"]}


@pytest.fixture
def page(url, visit, answer):
    """With the sentence typed, and its way through the network shown."""
    page: Page = visit(url).open()
    page.get_by_label("Your text").fill(SENTENCE)
    page.get_by_role("link", name="Inside the network", exact=True).click()
    expect(panel(page, "ids")).to_contain_text("zwxqv")
    return page


def panel(page: Page, layer: str) -> Locator:
    return page.locator(f"article[data-layer={layer}]")


def heat_map(page: Page, layer: str, name: str) -> Locator:
    return panel(page, layer).get_by_role("application", name=name)


def readout(page: Page, layer: str) -> Locator:
    return panel(page, layer).get_by_role("status")


def word_at(answer, position: int) -> str:
    """The word at a position of the window; a dot for padding."""
    return next((token["word"] for token in answer["tokens"] if token["position"] == position), "·")


def words_under(answer, window: int) -> str:
    return " ".join(word_at(answer, position) for position in range(window, window + WIDTH))


def first_used(answer):
    return min(token["position"] for token in answer["tokens"] if token["used"])


def points_across(map_: Locator):
    """Points of it from the left to the right and from the middle to the bottom, where the words are."""
    box = map_.bounding_box()
    assert box
    for share in (0.02, 0.3, 0.55, 0.8, 0.97):
        yield {"x": box["width"] * share, "y": box["height"] * (0.4 + 0.58 * share)}


def test_each_layer_has_its_shape_its_parameters_and_a_sentence_on_this_text(page, layers):
    assert list(layers) == [name for name, *_ in LAYERS]
    for name, kind, shape, parameters in LAYERS:
        here = panel(page, name)
        expect(here).to_contain_text(kind)
        expect(here).to_contain_text(shape)
        expect(here).to_contain_text(parameters or "none: there is nothing to learn")
        expect(here).to_contain_text(layers[name]["summary"])


def test_the_way_leads_to_every_layer_by_keyboard(page):
    for number, (name, kind, shape, _) in enumerate(LAYERS, start=1):
        page.get_by_role("button", name=f"{kind}, {shape}: go to layer {number}", exact=True).press("Enter")
        expect(panel(page, name)).to_be_focused()
        expect(panel(page, name)).to_be_in_viewport()


def test_ids_stand_where_the_network_has_them(page, answer, layers):
    ids = layers["ids"]["activations"]
    for token in answer["tokens"]:
        if token["used"]:
            assert ids[token["position"]] == token["id"]
            cell = (
                panel(page, "ids")
                .get_by_role("listitem")
                .filter(has_text=re.compile(rf"position {token['position']}\D"))
            )
            expect(cell).to_contain_text(token["word"])
            expect(cell).to_contain_text(f"{token['id']:,}")
    expect(panel(page, "ids")).to_contain_text("1 word not in the vocabulary: zwxqv")


@pytest.mark.parametrize(("layer", "step"), [("embedding", "Position"), ("convolution", "Window")])
def test_cells_of_a_matrix_are_walked_with_the_arrow_keys(page, answer, layers, layer, step):
    map_ = heat_map(page, layer, f"Output of {layer}")
    map_.focus()
    page.keyboard.press("Home")
    start = int(re.findall(rf"{step} (\d+)", readout(page, layer).inner_text())[0])
    values = layers[layer]["activations"]
    last = len(values[0]) - 1
    for key, row, column in [("ArrowDown", 1, 0), ("ArrowRight", 1, 1), ("End", 1, last), ("ArrowUp", 0, last)]:
        page.keyboard.press(key)
        expect(readout(page, layer)).to_contain_text(f"{step} {start + row},")
        expect(readout(page, layer)).to_contain_text(f" {column}: {figure(values[start + row][column], 3)}")


@pytest.mark.parametrize("layer", ["embedding", "convolution"])
def test_cells_of_a_matrix_are_read_under_the_pointer(page, answer, layers, layer):
    map_ = heat_map(page, layer, f"Output of {layer}")
    map_.scroll_into_view_if_needed()
    seen = set()
    for point in points_across(map_):
        map_.hover(position=point)
        ((row, words, column, value),) = CELL.findall(readout(page, layer).inner_text())
        assert value == figure(layers[layer]["activations"][int(row)][int(column)], 3)
        assert words == (words_under(answer, int(row)) if layer == "convolution" else word_at(answer, int(row)))
        seen.add((row, column))
    assert len(seen) == 5


def test_a_window_of_the_convolution_shows_its_five_words(page, answer):
    slider = panel(page, "convolution").get_by_role("slider", name="Window")
    window = first_used(answer) + 2
    slider.fill(str(window))
    words = words_under(answer, window)
    assert len(words.split()) == WIDTH
    expect(panel(page, "convolution")).to_contain_text(f"Window {window}: “{words}”")
    under = panel(page, "convolution").locator(".under")
    expect(under).to_have_text(words.split())
    slider.press("ArrowRight")
    expect(under).to_have_text(words_under(answer, window + 1).split())


def test_what_pooling_kept_is_the_largest_of_its_windows_and_says_where_it_came_from(page, answer, layers):
    kept, positions = layers["pooling"]["activations"], layers["pooling"]["positions"]
    map_ = heat_map(page, "pooling", "What it kept")
    map_.focus()
    page.keyboard.press("Home")
    for key in ["ArrowRight"] * 3 + ["ArrowDown"] * 2 + ["End"]:
        page.keyboard.press(key)
        text = readout(page, "pooling").inner_text()
        step, column = (int(number) for number in re.findall(r"Step (\d+), filter (\d+)", text)[0])
        winner = positions[step - 1][column]
        rivals = [row[column] for row in layers["convolution"]["activations"][(step - 1) * POOL : step * POOL]]
        assert kept[step - 1][column] == max(rivals) == rivals[winner - (step - 1) * POOL]
        value = figure(kept[step - 1][column], 3)
        assert text.endswith(f"kept {value}, from window {winner}, “{words_under(answer, winner)}”")


def test_what_lost_in_pooling_says_to_whom(page, layers):
    positions = layers["pooling"]["positions"]
    map_ = heat_map(page, "pooling", "What pooling reads")
    map_.focus()
    page.keyboard.press("Home")
    fates = set()
    for key in ["ArrowDown", "ArrowRight", "ArrowDown", "ArrowRight", "ArrowDown", "ArrowDown"]:
        page.keyboard.press(key)
        text = readout(page, "pooling").inner_text()
        window, column = (int(number) for number in re.findall(r"Window (\d+), filter (\d+)", text)[0])
        winner = positions[window // POOL][column]
        expected = f"kept in step {window // POOL + 1}" if winner == window else f"given up for window {winner}"
        assert text.endswith(expected)
        fates.add(expected.split(maxsplit=1)[0])
    assert fates == {"kept", "given"}


def test_states_of_the_lstm_are_read_step_by_step(page, layers):
    states = layers["lstm"]["states"]
    assert states[-1] == layers["lstm"]["activations"]
    heat_map(page, "lstm", "State of lstm").focus()
    page.keyboard.press("Home")
    for step in range(1, len(states)):
        page.keyboard.press("ArrowDown")
        expect(readout(page, "lstm")).to_contain_text(f"After step {step + 1}")
        expect(readout(page, "lstm")).to_contain_text(f"unit 0: {figure(states[step][0], 3)};")


def test_the_softmax_is_worked_out_from_the_logits(page, answer, layers):
    rows = panel(page, "probabilities").get_by_role("row").all()[1:]
    for row, (label, probability), logit in zip(
        rows, answer["prediction"]["probabilities"].items(), layers["probabilities"]["logits"], strict=True
    ):
        expect(row).to_contain_text(answer["label_names"][label])
        expect(row).to_contain_text(figure(logit))
        expect(row).to_contain_text(percent(probability))


def test_a_chosen_word_is_followed_through_the_layers(page, answer):
    words = page.get_by_role("group", name="The words of the text").get_by_role("button")
    index = next(place for place, token in enumerate(answer["tokens"]) if token["text"] == "dreamt")
    words.nth(index).focus()
    card = page.locator("#network").get_by_role("complementary", name="The word looked at")
    expect(card.get_by_role("heading", name="dreamt", exact=True)).to_be_visible()
    expect(card).to_contain_text(signed(answer["attributions"]["values"][index]))
    expect(panel(page, "ids").locator(".lit")).to_contain_text("dreamt")
    expect(panel(page, "convolution").locator(".heat-names .lit")).to_have_count(WIDTH)


def test_phrases_filters_and_what_if_are_those_of_the_answer(page, answer):
    for phrase in answer["phrases"]:
        item = page.locator("#phrases").get_by_role("listitem").filter(has_text=f"“{phrase['text']}”").first
        expect(item).to_contain_text(signed(phrase["effect"]))
    for found in answer["filters"]:
        item = (
            page.locator("#filters")
            .get_by_role("listitem")
            .filter(has_text=re.compile(rf"^Filter {found['filter']}\D"))
        )
        expect(item).to_contain_text(" ".join(found["phrases"][0]["words"]))
    table = page.get_by_role("region", name="The answer without each word").get_by_role("row")
    for row, left_out in zip(table.all()[1:], answer["what_if"], strict=True):
        expect(row).to_contain_text(left_out["word"])
        expect(row).to_contain_text(percent(left_out["probabilities"][answer["label"]]))
