"""`/v1`: TensorFlow Serving's REST API with texts for input, which KServe calls its protocol V1.

https://www.tensorflow.org/tfx/serving/api_rest and https://kserve.github.io/website, "V1 Protocol". Not gRPC, no
labels of versions, no regression, and for explanations `POST /explain`.
"""

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Path, Request, Response
from fastapi.routing import APIRoute
from pydantic_core import to_json
from starlette.routing import Match
from starlette.types import Scope

from app.body import read_body
from app.dependencies import ClientOnly, ServiceDep
from app.errors import NotFoundError
from app.protocols import tfserving_response as answers
from app.protocols import tfserving_schemas as schemas
from app.protocols.content_coding import unpacked
from app.protocols.errors import MalformedRequestError, errors
from app.protocols.served import served
from app.protocols.tfserving_request import parse_classify, parse_predict
from app.service import Service

MODELS = "/v1/models"
MODEL, VERSION = f"{MODELS}/{{name}}", f"{MODELS}/{{name}}/versions/{{version}}"
PREDICT = tuple(f"{path}:predict" for path in (MODEL, VERSION))
"""Paths of a hot route."""
CLASSIFY = tuple(f"{path}:classify" for path in (MODEL, VERSION))
"""Those of another."""

_VERBS = (":predict", ":classify")
_TAGS: list[Any] = ["tensorflow serving, kserve v1"]
_LABELS = f"{MODELS}/{{name}}/labels/{{rest:path}}"

Name = Annotated[str, Path(description="The name of the model that serves, as `GET /model` has it.")]
Version = Annotated[str, Path(description="The version that serves.")]


async def _name(name: Name) -> None:
    """Told to OpenAPI: the endpoints are called past the framework."""


async def _version(version: Version) -> None:
    """As above."""


class _ModelRoute(APIRoute):
    """A path that ends in a name, or in a version: a verb of ours is no part of one."""

    def matches(self, scope: Scope) -> tuple[Match, Scope]:
        """As any route, but for paths with such a verb, which have another method."""
        return (Match.NONE, {}) if scope["path"].endswith(_VERBS) else super().matches(scope)


router = APIRouter(tags=_TAGS)
_models = APIRouter(tags=_TAGS, dependencies=[ClientOnly], route_class=_ModelRoute)
_verbs = APIRouter(tags=_TAGS, dependencies=[ClientOnly])


@_models.get(MODELS, response_model=schemas.TfModels, responses=errors(401, 503))
async def models(service: ServiceDep) -> Response:
    """The model that serves."""
    return _json({"models": [service.ready().name]})


@_models.get(MODEL, response_model=schemas.TfModel, responses=errors(401, 404, 503))
async def status(name: Name, service: ServiceDep) -> Response:
    """The version that serves, for TensorFlow Serving's clients; `ready`, for those of KServe V1."""
    serving = served(service, name)
    return _json(answers.status(serving) | {"name": serving.name, "ready": True})


@_models.get(VERSION, response_model=schemas.TfModelStatus, responses=errors(401, 404, 503))
async def version_status(name: Name, version: Version, service: ServiceDep) -> Response:
    """The state of the version that serves. 404 for another one, which says which does."""
    return _json(answers.status(served(service, name, version)))


@_models.get(f"{MODEL}/metadata", response_model=schemas.TfMetadata, responses=errors(401, 404, 503))
async def metadata(name: Name, service: ServiceDep) -> Response:
    """The signature: `text` in, `probabilities` out, in the order of the labels that `GET /model` has."""
    return _json(answers.metadata(served(service, name)))


@_models.get(f"{VERSION}/metadata", response_model=schemas.TfMetadata, responses=errors(401, 404, 503))
async def version_metadata(name: Name, version: Version, service: ServiceDep) -> Response:
    """The same, where this version serves."""
    return _json(answers.metadata(served(service, name, version)))


async def predict(request: Request, service: ServiceDep) -> Response:
    """The probabilities of each text, in the order of the model's labels.

    A text is a string or `{"b64": …}`, by the name of the input (`text`) or without. The body is read as JSON,
    whatever its Content-Type says; it may be compressed by gzip or deflate.
    """
    asked = parse_predict(await _body(request, service), service.settings)
    return _json(answers.predictions(await service.classifier.classify(asked.texts), columns=asked.columns))


async def classify(request: Request, service: ServiceDep) -> Response:
    """Each label with its probability, for each of `examples`: objects with the feature `text`."""
    texts = parse_classify(await _body(request, service), service.settings)
    return _json(answers.results(await service.classifier.classify(texts)))


async def _body(request: Request, service: Service) -> bytes:
    """The body, once it is known that the model of the path serves, and that there is room."""
    service.admit()
    limit, parameters = service.settings.max_body_bytes, request.path_params
    body = unpacked(await read_body(request, limit), request.headers.get("content-encoding"), limit)
    service.classifier.check_room()
    served(service, parameters["name"], parameters.get("version"))
    return body


def _json(content: dict[str, Any]) -> Response:
    return Response(to_json(content), media_type="application/json")


def _declare(paths: tuple[str, ...], endpoint: Any, answer: Any, body: dict[str, Any]) -> None:
    for path, known in zip(paths, ([Depends(_name)], [Depends(_name), Depends(_version)]), strict=True):
        _verbs.post(
            path,
            response_model=answer,
            responses=errors(400, 401, 404, 413, 415, 429, 500, 503),
            dependencies=known,
            openapi_extra={"requestBody": {"required": True, "content": {"application/json": {"schema": body}}}},
        )(endpoint)


_declare(PREDICT, predict, schemas.TfPredictions | schemas.TfOutputs, schemas.PREDICT)
_declare(CLASSIFY, classify, schemas.TfResults, schemas.CLASSIFY)


@_verbs.post(f"{VERSION}:{{verb}}", include_in_schema=False)
@_verbs.post(f"{MODEL}:{{verb}}", include_in_schema=False)
async def other_verb(name: str, verb: str, service: ServiceDep, version: str | None = None) -> Response:
    """Says which verbs there are."""
    served(service, name, version)
    told = {
        "regress": "The model has no signature for regression: it classifies. Ask :classify or :predict.",
        "explain": "Explanations are at POST /explain, in a form of their own.",
    }
    raise MalformedRequestError(told.get(verb, "There are :predict and :classify."))


@_verbs.api_route(_LABELS, methods=["GET", "POST"], include_in_schema=False)
async def label(name: str, service: ServiceDep) -> Response:
    """Says that no version has one."""
    serving = served(service, name)
    raise NotFoundError(f"Versions of {serving.name} have no labels; version {serving.version} serves.")


router.include_router(_models)
router.include_router(_verbs)
