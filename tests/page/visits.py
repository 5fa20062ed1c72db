"""Visits that are watched: no page may log an error, break its own policy, or ask another server for anything."""

import re
from typing import Any
from urllib.parse import urlsplit

from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, Request

LONGEST_WAIT_MS = 60_000
"""For whatever a page does, on a machine that does much else."""
LIGHT_DESKTOP: dict[str, Any] = {"viewport": {"width": 1280, "height": 900}, "color_scheme": "light"}
PHONE: dict[str, Any] = {"viewport": {"width": 390, "height": 844}, "has_touch": True, "is_mobile": True}
DARK: dict[str, Any] = {"color_scheme": "dark"}


class Visit:
    """What one person's browser loads from one address, and everything that went wrong meanwhile."""

    def __init__(self, browser: Browser, url: str, **options: Any) -> None:
        self.url, self._expected, self._problems = url.rstrip("/"), re.compile(r"(?!)"), list[str]()
        self._context: BrowserContext = browser.new_context(**LIGHT_DESKTOP | {"reduced_motion": "reduce"} | options)
        self._context.set_default_timeout(LONGEST_WAIT_MS)
        self.page: Page = self._context.new_page()
        self.page.on("console", self._on_console)
        self.page.on("pageerror", lambda error: self._problems.append(f"uncaught: {error}"))
        self.page.on("request", self._on_request)

    def open(self, path: str = "/") -> Page:
        """Load a path below the address."""
        self.page.goto(f"{self.url}{path}")
        return self.page

    def expect(self, pattern: str) -> None:
        """Let the console say what matches from now on: Chromium reports there every answer that is an error."""
        self._expected = re.compile(pattern)

    def problems(self) -> list[str]:
        """What was logged, thrown, refused by the policy or asked of others."""
        return list(self._problems)

    def close(self) -> None:
        """End it with all its connections."""
        self._context.close()

    def _on_console(self, message: ConsoleMessage) -> None:
        line = f"{message.text} ({message.location['url']})"
        if message.type in {"error", "warning"} and not self._expected.search(line):
            self._problems.append(f"{message.type}: {line}")

    def _on_request(self, request: Request) -> None:
        asked, own = urlsplit(request.url), urlsplit(self.url)
        if asked.scheme not in {"data", "blob"} and (asked.scheme, asked.netloc) != (own.scheme, own.netloc):
            self._problems.append(f"left the origin: {request.url}")
