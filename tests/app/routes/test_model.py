import asyncio

from app.schemas import ServingModel
from tests.app.fakes import running


def test_the_model_is_described_by_its_manifest_and_where_it_runs():
    async def main():
        async with running() as (_, client):
            return (await client.get("/model")).json()

    found = asyncio.run(main())
    assert set(found) == set(ServingModel.model_fields)
    assert (found["name"], found["version"], found["device"]) == ("fake", 7, "cpu")
    assert found["labels"] == ["few", "many"]
    assert found["label_names"] == {"few": "few", "many": "Quite a lot"}
    assert found["layers"] == [{"name": "out", "kind": "Dense", "shape": [2], "parameters": 4, "trainable": True}]
    assert found["parameters"] == {"total": 4, "trainable": 4, "frozen": 0}
    assert found["created_at"] == "2026-01-02T00:00:00Z"
    ServingModel.model_validate(found)
