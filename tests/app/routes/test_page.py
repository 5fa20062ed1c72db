import asyncio
import re

import pytest

from app.routes.page import FOLDER
from tests.app.fakes import running

FILES = sorted(
    path.relative_to(FOLDER).as_posix()
    for path in FOLDER.rglob("*")
    if path.is_file() and path.suffix in {".css", ".js", ".svg", ".png"}
)
TYPES = {
    "css": {"text/css; charset=utf-8"},
    "js": {"text/javascript; charset=utf-8", "application/javascript"},
    "svg": {"image/svg+xml"},
    "png": {"image/png"},
}


def fetch(*paths, headers=None, method="GET", **values):
    async def main():
        async with running(**values) as (_, client):
            return [await client.request(method, path, headers=headers) for path in paths]

    return asyncio.run(main())


@pytest.mark.parametrize("root", ["", "/tercet"])
def test_the_page_is_at_the_root(root):
    (response,) = fetch("/", root_path=root)
    assert response.status_code == 200
    assert response.headers["content-type"] == "text/html; charset=utf-8"
    assert response.content == (FOLDER / "index.html").read_bytes()


def test_every_file_of_the_page_is_served_with_its_type_and_the_same_care():
    assert {name.rpartition(".")[2] for name in FILES} >= {"css", "js"}
    for name, response in zip(FILES, fetch(*(f"/page/{name}" for name in FILES)), strict=True):
        assert response.content == (FOLDER / name).read_bytes()
        assert response.headers["content-type"] in TYPES[name.rpartition(".")[2]]
        assert response.headers["x-content-type-options"] == "nosniff"


@pytest.mark.parametrize("path", ["/", f"/page/{FILES[0]}"])
def test_a_browser_is_told_to_run_and_fetch_nothing_but_our_own_files(path):
    (response,) = fetch(path)
    directives = dict(each.strip().split(" ", 1) for each in response.headers["content-security-policy"].split(";"))
    assert directives == {
        "default-src": "'none'",
        "script-src": "'self'",
        "style-src": "'self'",
        "img-src": "'self' data:",
        "connect-src": "'self'",
        "base-uri": "'none'",
        "form-action": "'none'",
        "frame-ancestors": "'none'",
    }
    assert response.headers["referrer-policy"] == "no-referrer"
    assert response.headers["x-request-id"]


@pytest.mark.parametrize("path", ["/", f"/page/{FILES[0]}"])
def test_a_browser_asks_again_and_is_told_that_it_has_the_file(path):
    (first,) = fetch(path)
    assert first.headers["cache-control"] == "no-cache"
    (again,) = fetch(path, headers={"If-None-Match": first.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")
    assert again.headers["etag"] == first.headers["etag"]
    (other,) = fetch(path, headers={"If-None-Match": '"another"'})
    assert other.status_code == 200


def test_the_page_refers_to_its_own_files_alone_and_relatively():
    (page,) = fetch("/")
    references = re.findall(r"""(?:src|href)\s*=\s*["']([^"'#][^"']*)["']""", page.text)
    assert len(references) >= 2
    ours = [reference for reference in references if reference.startswith("page/")]
    for reference in references:
        assert not re.match(r"[a-z]+:|/", reference), reference
    for reference, file in zip(ours, fetch(*(f"/{reference}" for reference in ours)), strict=True):
        assert file.status_code == 200, reference


@pytest.mark.parametrize(
    "path",
    ["/page", "/page/", "/page/nothing.js", "/page/../routes/page.py", "/page/%2e%2e/routes/page.py", "/page/js"],
)
def test_what_is_no_file_of_the_page_is_a_problem(path):
    (response,) = fetch(path)
    assert response.status_code == 404
    assert response.headers["content-type"] == "application/problem+json"


def test_other_methods_than_reading_are_refused():
    root, file = fetch("/", f"/page/{FILES[0]}", method="POST")
    assert (root.status_code, file.status_code) == (405, 405)
    (head,) = fetch("/", method="HEAD")
    assert (head.status_code, head.content) == (200, b"")
    assert int(head.headers["content-length"]) == (FOLDER / "index.html").stat().st_size


def test_the_page_needs_no_key_and_no_model():
    def broken(*_):
        raise OSError("no model")

    for response in fetch("/", f"/page/{FILES[0]}", load=broken, api_keys=("a-client-key-for-tests",)):
        assert response.status_code == 200
