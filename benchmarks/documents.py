"""docs/performance.md's tables and picture, made from the JSON. What people wrote around the tables stays."""

import json
import re
from pathlib import Path

from benchmarks.results import SERVING
from benchmarks.tables import PICTURE, tables

ROOT = Path(__file__).parents[1]
PERFORMANCE = ROOT / "docs" / "performance.md"


def write_documents() -> None:
    """Bring docs/performance.md and its picture up to what serving.json says."""
    results = json.loads(SERVING.read_text(encoding="utf-8"))
    text = PERFORMANCE.read_text(encoding="utf-8")
    for name, table in tables(results).items():
        text = filled(text, name, table)
    PERFORMANCE.write_text(text, encoding="utf-8")
    if {"peers", "network"} <= results.keys():
        from benchmarks.picture import draw  # matplotlib takes a second

        draw(results, PERFORMANCE.parent / PICTURE)


def filled(text: str, name: str, content: str) -> str:
    """`text` with `content` between the marks of `name`. Raises `ValueError` where they are not there once."""
    begin, end = f"<!-- begin {name} -->", f"<!-- end {name} -->"
    if text.count(begin) != 1 or text.count(end) != 1:
        raise ValueError(f"{PERFORMANCE.name} has to have {begin} and {end} once each")
    pattern = re.compile(f"{re.escape(begin)}.*?{re.escape(end)}", re.DOTALL)
    return pattern.sub(lambda _: f"{begin}\n{content}\n{end}", text)
