"""`GET /` and `/page/…`: the page for people, from files of our own that the browser may not mix with any others."""

from pathlib import Path
from typing import Any

from fastapi import APIRouter, FastAPI, Request, Response
from fastapi.staticfiles import StaticFiles

FOLDER = Path(__file__).parents[1] / "page"
_START = "index.html"
_HEADERS = {
    # Scripts and styles come as files of the same origin, so that nothing written into the page is ever run.
    "Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
    "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-cache",  # to be asked for again: a new version of the service has other files
}

router = APIRouter(include_in_schema=False)


class _PageFiles(StaticFiles):
    """The files, with an ETag of each, so that a browser that has them is told so."""

    async def get_response(self, path: str, scope: Any) -> Response:
        response = await super().get_response(path, scope)
        response.headers.update(_HEADERS)
        return response


_files = _PageFiles(directory=FOLDER, check_dir=False)  # at the first request, rather than at import


def mount_files(app: FastAPI) -> None:
    """Serve the scripts, styles and images that the page refers to."""
    app.mount("/page", _files, name="page-files")


@router.api_route("/", methods=["GET", "HEAD"])
async def page(request: Request) -> Response:
    """The page itself. What it refers to is relative, so it works below whatever path a proxy adds."""
    return await _files.get_response(_START, request.scope)
