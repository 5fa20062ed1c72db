import asyncio
import re

import pytest

from tests.app.fakes import running

REFERENCE = re.compile(r"""(?:src|href|url|spec-url)\s*[=:]\s*['"]([^'"]+)['"]""")


def fetch(*paths, **values):
    async def main():
        async with running(**values) as (_, client):
            return [await client.get(path) for path in paths]

    return asyncio.run(main())


@pytest.mark.parametrize("page", ["/docs", "/redoc"])
@pytest.mark.parametrize("root", ["", "/tercet"])
def test_a_page_refers_to_files_of_its_own_alone_and_all_are_there(page, root):
    (response,) = fetch(page, root_path=root)
    assert response.status_code == 200
    references = REFERENCE.findall(response.text)
    assert len(references) >= 3
    assert "http" not in response.text.replace("http-equiv", "")
    for reference in references:
        assert re.match(f"{root}/(static/docs/|openapi.json)", reference)
    for file in fetch(*references, root_path=root):
        assert file.status_code == 200
        assert len(file.content) > 1000


@pytest.mark.parametrize("page", ["/docs", "/redoc"])
def test_the_browser_is_told_to_fetch_nothing_from_elsewhere(page):
    (response,) = fetch(page)
    policy = response.headers["content-security-policy"]
    assert policy.startswith("default-src 'self';")
    assert set(re.findall(r"[\w-]+-src ([^;]+)", policy)) <= {
        "'self'",
        "'self' 'unsafe-inline'",
        "'self' data:",
        "'self' blob:",
    }


def test_a_file_that_is_not_there_is_a_problem():
    (response,) = fetch("/static/docs/../../../core.py")
    assert response.status_code == 404
    assert response.headers["content-type"] == "application/problem+json"
