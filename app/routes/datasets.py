"""`/datasets`: labelled files for retraining."""

import asyncio
import re
from http import HTTPStatus
from typing import Annotated

from fastapi import APIRouter, Path, Query, Request, Response
from pydantic import AfterValidator
from pydantic_core import PydanticCustomError, to_json

from app.audit import AuditedRoute
from app.datasets.intake import Columns
from app.datasets.schemas import DatasetFacts, DatasetList, DatasetVersions, facts_of
from app.dependencies import AdminOnly, DatasetStoreDep, IntakeDep
from app.problems import problems

router = APIRouter(
    prefix="/datasets",
    tags=["datasets"],
    dependencies=[AdminOnly],
    route_class=AuditedRoute,
    responses=problems(401, 403, 503),
)

_FILE = {"schema": {"type": "string", "format": "binary"}}
_TYPES = ("text/csv", "application/x-ndjson", "application/vnd.apache.parquet", "application/octet-stream")

_NAME = "[A-Za-z0-9][A-Za-z0-9._-]{0,63}"
_NAME_IN_WORDS = "1 to 64 letters, digits, dots, dashes and underscores, the first a letter or a digit"


def _check_name(name: str) -> str:
    if not re.fullmatch(_NAME, name):
        raise PydanticCustomError("name", "the name of a data set has " + _NAME_IN_WORDS)
    return name


# Slashes too, which a route would not find otherwise: whatever is no name is told so.
_ONE = "/{name:path}"
Name = Annotated[
    str,
    Path(description=_NAME_IN_WORDS, examples=["authors"], json_schema_extra={"pattern": f"^{_NAME}$"}),
    AfterValidator(_check_name),
]
_Column = Query(max_length=1000, pattern=r"^[^\x00]*$")


@router.get("", response_model=DatasetList)
async def list_datasets(store: DatasetStoreDep) -> Response:
    """Every data set, with what came last under its name."""
    found = await asyncio.to_thread(store.all)
    return _json({"datasets": [facts_of(latest.version) | {"versions": latest.versions} for latest in found]})


@router.get(_ONE, response_model=DatasetVersions, responses=problems(404, 422))
async def get_dataset(name: Name, store: DatasetStoreDep) -> Response:
    """All contents that came under this name, the one that came last first."""
    found = await asyncio.to_thread(store.versions, name)
    return _json({"name": name, "versions": [facts_of(version) for version in found]})


@router.put(
    _ONE,
    status_code=HTTPStatus.CREATED,
    response_model=DatasetFacts,
    responses={
        200: {"model": DatasetFacts, "description": "The same content was there"},
        **problems(408, 413, 415, 422, 500, 507),
    },
    openapi_extra={"requestBody": {"required": True, "content": dict.fromkeys(_TYPES, _FILE)}},
)
async def put_dataset(
    name: Name,
    request: Request,
    intake: IntakeDep,
    text_column: Annotated[str | None, _Column] = None,
    label_column: Annotated[str | None, _Column] = None,
) -> Response:
    """Upload a file, for example by `curl -T train.csv …/datasets/authors`: CSV, TSV or JSON Lines in UTF-8, each also
    compressed by gzip, or Parquet. Its content tells which.

    The columns are `text` and the one of `label`, `author`, `class`, `category`, `sentiment` and `target` that is
    there, unless the query names others. The file is checked before it is kept: rows that cannot be used are left out
    and reported, and a file that cannot be used is refused with all that is wrong with it.
    """
    version, created = await intake.take(request, name, Columns(text_column, label_column))
    return _json(facts_of(version), HTTPStatus.CREATED if created else HTTPStatus.OK)


@router.delete(_ONE, status_code=HTTPStatus.NO_CONTENT, responses=problems(404, 409, 422))
async def delete_dataset(name: Name, store: DatasetStoreDep) -> Response:
    """Remove a data set with all its contents, unless a job that is queued or running needs one."""
    await asyncio.to_thread(store.delete, name)
    return Response(status_code=HTTPStatus.NO_CONTENT)


def _json(content: object, status: int = HTTPStatus.OK) -> Response:
    return Response(to_json(content), status, media_type="application/json")
