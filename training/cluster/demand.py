"""What a piece of work asks of a node, and a warning where no node has it yet."""

from typing import Any

from training.progress import Progress


def resources(threads: int, device: str) -> dict[str, float]:
    """As Ray counts them: a core a thread, and a card where `device` is gpu."""
    return {"CPU": float(threads)} | ({"GPU": 1.0} if device == "gpu" else {})


def slots(ray: Any, wanted: dict[str, float]) -> int:
    """How many such pieces the nodes can do at a time."""
    return sum(_times(node["Resources"], wanted) for node in ray.nodes() if node["Alive"])


def warn_if_none(ray: Any, wanted: dict[str, float], progress: Progress) -> None:
    """A node that has it may still come, so it is no error."""
    if not slots(ray, wanted):
        asked = ", ".join(f"{amount:.0f} {kind}" for kind, amount in wanted.items())
        progress.warn(f"no node of the cluster has {asked} at present; waiting for one that does")


def _times(there: dict[str, float], wanted: dict[str, float]) -> int:
    return int(min(there.get(kind, 0.0) // amount for kind, amount in wanted.items()))
