"""Figures as the page writes them, and what `POST /explain` says for comparison."""

from decimal import ROUND_HALF_UP, Decimal
from typing import Any

import httpx


def explained(url: str, text: str, **parameters: str) -> Any:
    """The answer of `POST /explain`, asked for without the page."""
    answer = httpx.post(f"{url}/explain", json={"text": text}, params=parameters, timeout=30, trust_env=False)
    assert answer.status_code == 200, answer.text
    return answer.json()


def figure(value: float, digits: int = 2) -> str:
    """With a true minus. A number that lies in the middle goes away from 0, as in JavaScript."""
    text = str(Decimal(value).quantize(Decimal(1).scaleb(-digits), ROUND_HALF_UP))
    return (text.removeprefix("-") if float(text) == 0 else text).replace("-", "\u2212")


def signed(value: float, digits: int = 2) -> str:
    """With its sign, also where it is positive."""
    text = figure(value, digits)
    return f"+{text}" if value > 0 and float(text) > 0 else text


def percent(share: float, digits: int = 1) -> str:
    """0.5 as `50.0 %`, with a narrow space that does not break."""
    return f"{figure(100 * share, digits)}\u202f%"
