"""The JSON of what was measured of the service: a section for each kind of measurement, replaced as a whole."""

import json
import math
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from benchmarks.machine import machine

SERVING = Path(__file__).with_name("serving.json")
CLUSTER = Path(__file__).with_name("cluster.json")


def update(path: Path, section: str, content: dict[str, Any]) -> None:
    """Replace one section, with the day and the machine."""
    results = json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
    results[section] = {"measured": datetime.now(UTC).date().isoformat(), "machine": machine(), **content}
    path.write_text(json.dumps(rounded(results), indent=1) + "\n", encoding="utf-8")


def rounded(value: Any) -> Any:
    """Floats to four significant digits, as no figure here is any better; None for those that are not finite."""
    if isinstance(value, dict):
        return {key: rounded(each) for key, each in value.items()}
    if isinstance(value, list | tuple):
        return [rounded(each) for each in value]
    if not isinstance(value, float):
        return value
    return float(f"{value:.4g}") if math.isfinite(value) else None
