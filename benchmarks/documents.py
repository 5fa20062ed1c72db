"""The tables of documents and a picture, made from the JSON. What people wrote around the tables stays."""

import json
import re
from pathlib import Path

from benchmarks import observing
from benchmarks.results import SERVING
from benchmarks.tables import PICTURE, tables

ROOT = Path(__file__).parents[1]
PERFORMANCE = ROOT / "docs" / "performance.md"
OPERATIONS = ROOT / "docs" / "operations.md"
MONITORING = ROOT / "docs" / "monitoring.md"


def write_documents() -> None:
    """Bring docs/performance.md, its picture and a table of docs/monitoring.md up to what serving.json says."""
    results = json.loads(SERVING.read_text(encoding="utf-8"))
    text = PERFORMANCE.read_text(encoding="utf-8")
    for name, table in tables(results).items():
        text = filled(text, name, table)
    PERFORMANCE.write_text(text, encoding="utf-8")
    if "observe" in results:
        fill(MONITORING, "observe", observing.table(results["observe"]))
    if {"peers", "network"} <= results.keys():
        from benchmarks.picture import draw  # matplotlib takes a second

        draw(results, PERFORMANCE.parent / PICTURE)


def fill(document: Path, name: str, content: str) -> None:
    """Put `content` between the marks of `name` in a document."""
    document.write_text(filled(document.read_text(encoding="utf-8"), name, content), encoding="utf-8")


def filled(text: str, name: str, content: str) -> str:
    """`text` with `content` between the marks of `name`. Raises `ValueError` where they are not there once."""
    begin, end = f"<!-- begin {name} -->", f"<!-- end {name} -->"
    if text.count(begin) != 1 or text.count(end) != 1:
        raise ValueError(f"the document has to have {begin} and {end} once each")
    pattern = re.compile(f"{re.escape(begin)}.*?{re.escape(end)}", re.DOTALL)
    return pattern.sub(lambda _: f"{begin}\n{content}\n{end}", text)
