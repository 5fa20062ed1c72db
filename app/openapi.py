"""What the framework does not see of the service, for its OpenAPI document."""

from http import HTTPStatus
from typing import Any

from pydantic.json_schema import models_json_schema

from app.browsers import PROBES
from app.explain_request import ExplainRequest
from app.feedback.schemas import FeedbackRequest
from app.jobs.schemas import RetrainRequest
from app.predict_request import PredictRequest, StreamLine
from app.problems import Problem, problems
from app.protocols.v2_request import InferRequest
from app.schemas import StreamAnswer

_FRAMEWORKS = ("HTTPValidationError", "ValidationError")
"""Forms of errors that the framework documents, and that ours take the place of."""
_METHODS = ("get", "put", "post", "delete", "head")


def complete(document: dict[str, Any], *, open_to_clients: bool, known_by_name: bool) -> None:
    """Add to `document` the bodies that endpoints read themselves, that client routes may need no key, and what the
    names of hosts have answered where `known_by_name`.
    """
    _, own = models_json_schema(
        [
            (PredictRequest, "validation"),
            (ExplainRequest, "validation"),
            (StreamLine, "validation"),
            (StreamAnswer, "serialization"),
            (FeedbackRequest, "validation"),
            (InferRequest, "validation"),
            (RetrainRequest, "validation"),
            (Problem, "serialization"),
        ],
        ref_template="#/components/schemas/{model}",
    )
    document["components"]["schemas"] |= own["$defs"]
    for name in _FRAMEWORKS:
        document["components"]["schemas"].pop(name, None)
    for path, item in document["paths"].items():
        for operation in (item[method] for method in _METHODS if method in item):
            _correct(operation, open_to_clients=open_to_clients)
            if known_by_name and not path.startswith(PROBES):
                operation["responses"] |= _told(HTTPStatus.MISDIRECTED_REQUEST)


def _correct(operation: dict[str, Any], *, open_to_clients: bool) -> None:
    """Say of an operation what the settings make of it."""
    responses = operation["responses"]
    if _FRAMEWORKS[0] in str(responses.get("422")):  # added wherever there are parameters, and never so
        del responses["422"]
    if open_to_clients and not _is_for_admins(operation):
        operation.pop("security", None)
        responses.pop("401", None)
    if _is_for_admins(operation):  # where the settings say so, and the route does not know
        responses |= _told(HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN)


def _told(*statuses: int) -> dict[str, Any]:
    return {str(int(status)): told for status, told in problems(*statuses).items()}


def _is_for_admins(operation: dict[str, Any]) -> bool:
    return any(roles for way in operation.get("security", ()) for roles in way.values())
