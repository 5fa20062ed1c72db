"""What axe-core finds on a page as it stands, by the rules of WCAG and its own."""

from typing import Any

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page

_MATTERS = {"serious", "critical"}
_EXCERPT = 160


def violations(page: Page) -> list[str]:
    """Every element with a violation of serious or critical impact, with the rule that it breaks."""
    found: list[dict[str, Any]] = Axe().run(page).response["violations"]
    return [
        f"{violation['id']}: {node['html'][:_EXCERPT]}: {node.get('failureSummary', '')}"
        for violation in found
        if violation["impact"] in _MATTERS
        for node in violation["nodes"]
    ]
