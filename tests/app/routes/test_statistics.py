import asyncio

from app.application import create_app
from app.schemas import StatisticsTotals
from app.statistics import Statistics
from app.statistics.memory import ROW_BYTES
from tests.app.fakes import client_of, fake_serving, running, settings


def test_the_answer_has_the_form_that_openapi_gives_it():
    async def main():
        async with running() as (service, client):
            service.statistics.ran(3, queue_s=0.5, compute_s=0.25)
            return await client.get("/statistics")

    response = asyncio.run(main())
    assert response.status_code == 200
    content = response.json()
    assert StatisticsTotals.model_validate(content, strict=True, extra="forbid").model_dump() == content
    assert content["batches"]["by_size"]["4"] == 1


def test_the_answer_is_the_totals_of_all_processes_even_while_no_model_is_loaded():
    memory = bytearray(2 * ROW_BYTES)
    here, elsewhere = Statistics(memory, 0), Statistics(memory, 1)
    elsewhere.accepted(5)

    async def main():
        app = create_app(settings(), lambda *_: fake_serving(), here)
        async with client_of(app) as client:
            return await client.get("/statistics")

    content = asyncio.run(main()).json()
    assert content["texts"]["waiting"] == 5
    assert content["processes"] == {"count": 2, "restarts": 0}
