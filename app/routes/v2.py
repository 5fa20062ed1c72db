"""`/v2`: the Open Inference Protocol V2 in its REST form, with the extension for binary tensors.

https://github.com/kserve/open-inference-protocol/blob/main/specification/protocol/inference_rest.md. Not its gRPC form.
"""

import asyncio
from http import HTTPStatus
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Path, Request, Response
from fastapi.responses import JSONResponse

from app.body import read_body
from app.dependencies import ClientOnly, ServiceDep
from app.errors import NotReadyError
from app.protocols import v2_binary
from app.protocols.content_coding import unpacked
from app.protocols.errors import errors
from app.protocols.served import served
from app.protocols.v2_request import INPUT, InferRequest, parse
from app.protocols.v2_response import respond
from app.protocols.v2_schemas import (
    V2Health,
    V2Illness,
    V2InferResponse,
    V2ModelMetadata,
    V2ModelReady,
    V2RepositoryModel,
    V2Server,
)
from app.service import Service
from model.registry import Registry
from model.version import __version__

MODEL, VERSION = "/v2/models/{name}", "/v2/models/{name}/versions/{version}"
INFER = tuple(f"{path}/infer" for path in (MODEL, VERSION))
"""Paths of the hot route."""

Responses = dict[int | str, dict[str, Any]]
_ILL: Responses = {503: {"description": HTTPStatus(503).phrase, "model": V2Illness}}
_BINARY = {"type": "string", "format": "binary"}
_BODY = {
    "requestBody": {
        "required": True,
        "content": {
            "application/json": {"schema": {"$ref": f"#/components/schemas/{InferRequest.__name__}"}},
        },
    },
    "parameters": [
        {
            "name": v2_binary.HEADER,
            "in": "header",
            "description": "How many bytes of the body are JSON, where binary tensors follow it.",
            "schema": {"type": "string", "pattern": "^[0-9]{1,18}$"},
        }
    ],
}
_ANSWER: Responses = {200: {"content": {"application/octet-stream": {"schema": _BINARY}}, "model": V2InferResponse}}

Name = Annotated[str, Path(description="The name of the model that serves, as `GET /model` has it.")]
Version = Annotated[str, Path(description="The version that serves.")]


async def _name(name: Name) -> None:
    """Told to OpenAPI: the endpoint is called past the framework."""


async def _version(version: Version) -> None:
    """As above."""


router = APIRouter(tags=["open inference protocol"])
_client = APIRouter(dependencies=[ClientOnly])


@_client.get("/v2", response_model=V2Server, responses=errors(401))
async def server() -> Response:
    """Which server this is, and which extensions of the protocol it has."""
    content = {"name": "tercet", "version": __version__, "extensions": ["binary_tensor_data", "model_repository"]}
    return JSONResponse(content)


@router.get("/v2/health/live", response_model=V2Health, responses=_ILL)
async def live(service: ServiceDep) -> Response:
    """200 while the event loop answers and the inference thread is neither dead nor stuck."""
    content = {"live": service.live(), "ready": _fault(service) is None}
    if content["live"]:
        return JSONResponse(content)
    fault = "The inference thread is dead or stuck; restart the process."
    return JSONResponse(content | {"error": fault}, HTTPStatus.SERVICE_UNAVAILABLE)


@router.get("/v2/health/ready", response_model=V2Health, responses=_ILL)
async def ready(service: ServiceDep) -> Response:
    """200 once a model is loaded and warm, until the shut-down begins; otherwise 503 that says why."""
    fault = _fault(service)
    content = {"live": service.live(), "ready": fault is None}
    if fault is None:
        return JSONResponse(content)
    return JSONResponse(content | {"error": fault}, HTTPStatus.SERVICE_UNAVAILABLE, {"Retry-After": "2"})


def _fault(service: Service) -> str | None:
    """Why no requests are taken."""
    try:
        service.check_ready()
    except NotReadyError as error:
        return str(error)
    return None


@_client.get(VERSION, response_model=V2ModelMetadata, responses=errors(401, 404, 503))
async def version_metadata(name: Name, version: Version, service: ServiceDep) -> Response:
    """Inputs and outputs of the model that serves, where that is this version."""
    return _metadata(service, name, version)


@_client.get(MODEL, response_model=V2ModelMetadata, responses=errors(401, 404, 503))
async def metadata(name: Name, service: ServiceDep) -> Response:
    """Inputs and outputs of the model that serves."""
    return _metadata(service, name, None)


def _metadata(service: Service, name: str, version: str | None) -> Response:
    serving = served(service, name, version)
    labels = serving.bundle.manifest.labels
    columns = {"shape": [-1, len(labels)], "parameters": {"labels": labels}}
    content = {
        "name": serving.name,
        "versions": [str(serving.version)],
        "platform": "tensorflow_savedmodel",
        "inputs": [{"name": INPUT, "datatype": "BYTES", "shape": [-1]}],
        "outputs": [
            {"name": "probabilities", "datatype": "FP32", **columns},
            {"name": "label", "datatype": "BYTES", "shape": [-1]},
        ],
    }
    return JSONResponse(content)


@_client.get(f"{VERSION}/ready", response_model=V2ModelReady, responses=errors(401, 404, 503))
async def version_ready(name: Name, version: Version, service: ServiceDep) -> Response:
    """200 where this is the version that serves."""
    return JSONResponse({"name": served(service, name, version).name, "ready": True})


@_client.get(f"{MODEL}/ready", response_model=V2ModelReady, responses=errors(401, 404, 503))
async def model_ready(name: Name, service: ServiceDep) -> Response:
    """200 where this is the model that serves."""
    return JSONResponse({"name": served(service, name).name, "ready": True})


@_client.post("/v2/repository/index", response_model=list[V2RepositoryModel], responses=errors(401, 503))
async def repository_index(service: ServiceDep) -> Response:
    """The versions of the model that serves, the newest first. A body is passed over."""
    serving = service.ready()
    registry = Registry(service.settings.models_folder)
    versions = await asyncio.to_thread(registry.versions, serving.name)
    content: list[dict[str, Any]] = []
    for version in reversed(versions):
        state = ("READY", "") if version == serving.version else ("UNAVAILABLE", "another version serves")
        content.append({"name": serving.name, "version": str(version), "state": state[0], "reason": state[1]})
    return JSONResponse(content)


async def infer(request: Request, service: ServiceDep) -> Response:
    """The probabilities of each class for each text, and the label of the most probable one.

    The input `text` is of datatype BYTES and of the shape [n] or [n, 1]. The body may be compressed by gzip or deflate.
    """
    service.admit()
    limit, headers = service.settings.max_body_bytes, request.headers
    body = unpacked(await read_body(request, limit), headers.get("content-encoding"), limit)
    service.classifier.check_room()
    parameters = request.path_params
    served(service, parameters["name"], parameters.get("version"))
    asked = parse(body, headers.get(v2_binary.HEADER), service.settings)
    return respond(await service.classifier.classify(asked.texts), asked)


for _path, _known in zip(INFER, ([Depends(_name)], [Depends(_name), Depends(_version)]), strict=True):
    _client.post(
        _path,
        response_model=V2InferResponse,
        responses={**_ANSWER, **errors(400, 401, 404, 413, 415, 422, 429, 500, 503)},
        dependencies=_known,
        openapi_extra=_BODY,
    )(infer)

router.include_router(_client)
