import asyncio

import pytest

from tests.app.fakes import running


def ids(*sent):
    async def main():
        async with running() as (_, client):
            responses = [
                await client.get("/health/live", headers=[("X-Request-ID", each)] if each else []) for each in sent
            ]
            return [response.headers["x-request-id"] for response in responses]

    return asyncio.run(main())


@pytest.mark.parametrize("sane", ["a", "A-b_c.1", "x" * 128])
def test_a_sane_id_of_the_caller_comes_back(sane):
    assert ids(sane) == [sane]


@pytest.mark.parametrize("insane", ["x" * 129, "a b", "a/b", "é".encode(), "a\tb", '"'])
def test_any_other_is_replaced(insane):
    (found,) = ids(insane)
    assert found != insane
    assert len(found) == 16


def test_each_request_without_one_gets_its_own():
    assert len(set(ids(None, None, ""))) == 3
