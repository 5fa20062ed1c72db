"""Whether a label that a request names is one of the model's."""

from collections.abc import Sequence

from app.errors import FieldProblem, InvalidRequestError

_MOST_NAMED = 20
"""Labels that one answer names."""


def check_label(label: str, labels: Sequence[str]) -> None:
    """Raises `InvalidRequestError` that names those there are."""
    if label not in labels:
        more = f" and {len(labels) - _MOST_NAMED:,} more" if len(labels) > _MOST_NAMED else ""
        known = ", ".join(labels[:_MOST_NAMED]) + more
        raise InvalidRequestError([FieldProblem("label", f"label is none of the model's, which are {known}")])
