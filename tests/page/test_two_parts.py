"""A network of a deep and a wide part, as the page shows it: every number is one of `POST /explain`."""

import re
import shutil

import numpy as np
import pytest
from playwright.sync_api import expect

from model import savedmodel
from model.attribution_graph import attribution
from model.network import count_parameters, describe_layers, layer_outputs
from tests.app.process import started
from tests.bundles import make_bundle, remanifest
from tests.model.networks import WIDE, network_of
from tests.page.accessibility import violations
from tests.page.figures import explained, percent, signed
from tests.page.visits import DARK, PHONE

pytestmark = pytest.mark.browser

SENTENCE = "A storm came over the sea"


@pytest.fixture(scope="module")
def url(tmp_path_factory):
    data = tmp_path_factory.mktemp("two-parts") / "data"
    folder, network = make_bundle(data / "models"), network_of(WIDE)
    shutil.rmtree(folder / "variables")
    savedmodel.export(network, folder, layer_outputs(network), attribution(network))
    remanifest(folder, layers=describe_layers(network), parameters=count_parameters(network))
    with started(data.parent, DATA=data) as service:
        service.wait_until_ready()
        yield service.url


def alone(logits, temperature):
    powers = np.exp(np.array(list(logits.values())) / temperature)
    return dict(zip(logits, (powers / powers.sum()).tolist(), strict=True))


@pytest.mark.parametrize("options", [{}, PHONE | DARK], ids=["light", "dark phone"])
def test_both_parts_are_shown_with_their_ngrams_and_what_each_says(url, visit, options):
    answer = explained(url, SENTENCE)
    parts = answer["parts"]
    deep, wide = (alone(parts[name], parts["temperature"]) for name in ("deep", "wide"))
    page = visit(url, **options).open()
    page.get_by_label("Your text").fill(SENTENCE)
    lines = page.locator(".parts-line dd")
    for line, shares in zip((lines.nth(0), lines.nth(1)), (deep, wide), strict=True):
        label = max(shares, key=shares.__getitem__)
        expect(line).to_contain_text(label)
        expect(line).to_contain_text(percent(shares[label], 0))
    page.get_by_role("navigation").get_by_role("link", name="Inside the network").click()
    for number, layer in enumerate(answer["layers"], start=1):
        panel = page.locator(f"article[data-layer={layer['name']}]")
        expect(panel).to_contain_text(layer["summary"])
        expect(page.get_by_role("button", name=re.compile(rf"{layer['kind']}, .* layer {number}$"))).to_be_visible()
    rows = page.get_by_role("region", name="What each part says").get_by_role("row").all()[1:]
    for row, (label, share) in zip(rows, answer["prediction"]["probabilities"].items(), strict=True):
        expect(row.get_by_role("cell")).to_have_text([percent(deep[label]), percent(wide[label]), percent(share)])
    shown = page.locator(".ngrams")
    for ngram in answer["ngrams"]:
        item = (
            shown.get_by_role("listitem").filter(has_text=f"“{ngram['text']}”").filter(has_text=signed(ngram["effect"]))
        )
        expect(item.first).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), "the page scrolls sideways"
    assert violations(page) == []
