"""Chromium, as Debian and others install it, driven by Playwright. Playwright's own download is not needed."""

import contextlib
import os
import shutil
from collections.abc import Iterator

from playwright.sync_api import Browser, sync_playwright

VARIABLE = "TERCET_TEST_BROWSER"
"""Names the program where it is none of these."""
PROGRAMS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")


def program() -> str | None:
    """Its path; None where there is none."""
    if named := os.environ.get(VARIABLE):
        return shutil.which(named)
    return next(filter(None, map(shutil.which, PROGRAMS)), None)


@contextlib.contextmanager
def launched() -> Iterator[Browser]:
    """A headless browser, ended with the block. Until then this thread cannot run an asyncio loop of its own."""
    found = program()
    if found is None:
        raise RuntimeError(f"No Chromium: apt-get install chromium, or name a program in {VARIABLE}")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=found)
        try:
            yield browser
        finally:
            browser.close()
