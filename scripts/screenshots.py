"""`python -m scripts.screenshots` draws README's pictures of the page: docs/images/page-try.png and page-network.png.

It starts the service with the model in the box, on a free port and with a data folder of its own, looks at the page
with Chromium (as the tests find it: TERCET_TEST_BROWSER names another program), and ends both.
"""

import tempfile
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, FloatRect, Locator, Page, expect

from tests import chromium
from tests.app.process import started
from tests.page.figures import explained
from tests.page.visits import LONGEST_WAIT_MS, Visit

IMAGES = Path(__file__).parents[1] / "docs" / "images"
TEXT = "Beneath the drowned streets something ancient stirred, and its dreams crept like cold tides into our sleep."
WORD = "dreams"
WIDTH, MARGIN = 1200, 32


def draw_try(page: Page) -> bytes:
    """A sentence, its classes and its words."""
    page.get_by_role("checkbox", name="Numbers under the words").check()
    words = box(page.locator(".words-card"))
    height = words["y"] + words["height"] + MARGIN
    return page.screenshot(full_page=True, clip={"x": 0, "y": 0, "width": WIDTH, "height": height})


def draw_network(page: Page, answer: Any) -> bytes:
    """The convolution and the pooling of that sentence, with a word chosen and the largest pooled number pointed at."""
    page.get_by_role("navigation").get_by_role("link", name="Inside the network").click()
    page.locator("#network").get_by_role("button", name=WORD).click()
    first, last = (page.locator(f"article[data-layer={layer}]") for layer in ("convolution", "pooling"))
    height = box(last)["y"] + box(last)["height"] - box(first)["y"]
    page.set_viewport_size({"width": WIDTH, "height": round(height) + 5 * MARGIN})
    first.evaluate("panel => panel.scrollIntoView({ block: 'start' })")
    point_at_the_largest(last, answer)
    return page.screenshot()


def point_at_the_largest(panel: Locator, answer: Any) -> None:
    """Hover the number that is the largest of those that pooling kept, looking for its step from top to bottom."""
    (pooling,) = (layer for layer in answer["layers"] if layer["kind"] == "MaxPooling1D")
    rows = pooling["activations"]
    step = max(range(len(rows)), key=lambda row: max(rows[row]))
    column = rows[step].index(max(rows[step]))
    kept = panel.get_by_role("application", name="What it kept")
    size = box(kept)
    for y in range(2, round(size["height"]), 8):
        kept.hover(position={"x": size["width"] * (column + 0.5) / len(rows[step]), "y": y})
        if panel.get_by_role("status").inner_text().startswith(f"Step {step + 1}, filter {column}:"):
            return
    raise SystemExit(f"Step {step + 1} is not to be found under the pointer.")


def box(element: Locator) -> FloatRect:
    """Where an element is that shows."""
    found = element.bounding_box()
    if found is None:
        raise SystemExit(f"{element} does not show.")
    return found


def draw(browser: Browser, url: str) -> None:
    """Write both pictures."""
    answer = explained(url, TEXT)  # the first one is slower than what the picture shall say
    visit = Visit(browser, url, viewport={"width": WIDTH, "height": 900})
    page = visit.open()
    page.get_by_label("Your text").fill(TEXT)
    expect(page.locator("#try").get_by_role("button", name=WORD)).to_be_visible()
    pictures = {"page-try.png": draw_try(page), "page-network.png": draw_network(page, answer)}
    if problems := visit.problems():
        raise SystemExit("\n".join(problems))
    visit.close()
    for name, picture in pictures.items():
        (IMAGES / name).write_bytes(picture)
        print(f"{name}: {len(picture) / 1000:.0f} kB")


def main() -> None:
    """What the module says above."""
    expect.set_options(timeout=LONGEST_WAIT_MS)
    with tempfile.TemporaryDirectory() as folder, started(Path(folder), DATA=Path(folder) / "data") as service:
        service.wait_until_ready()
        with chromium.launched() as browser:
            draw(browser, service.url)


if __name__ == "__main__":
    main()
