"""How many replicas there should be, by the texts that wait for the network or are in it.

Ray counts requests that pass through its own hands; a request may hold one text or thousands, and a stream that waits
for its client needs nobody. Bounds, delays and factors are Ray's, from `autoscaling_config`.
"""

from typing import Any

TEXTS = "texts"
"""What a replica reports."""


def by_texts(context: Any) -> tuple[float, dict[str, Any]]:
    """Ray's `AutoscalingContext` to a number of replicas, each with `target_ongoing_requests` texts, and no state."""
    texts = sum((context.aggregated_metrics or {}).get(TEXTS, {}).values())
    return texts / context.config.get_target_ongoing_requests(), {}
