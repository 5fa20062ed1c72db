import asyncio

import pytest

from app.errors import NotReadyError
from app.model_host import ModelHost
from model.errors import BundleError
from tests.app.fakes import FakeEngine, fake_serving


def failing(error):
    def load():
        raise error

    return load


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (BundleError("var/models/toy/1: damaged"), "var/models/toy/1: damaged"),
        (PermissionError(13, "Permission denied", "bundle.json"), "Permission denied: 'bundle.json'"),
    ],
)
def test_a_load_that_fails_says_why_without_a_traceback(error, said, caplog):
    models = ModelHost()
    assert asyncio.run(models.load(failing(error))) is None
    with pytest.raises(NotReadyError, match=said):
        models.serving()
    assert not caplog.records


def test_a_defect_while_loading_is_logged_with_its_traceback_and_said_in_short(caplog):
    models = ModelHost()
    asyncio.run(models.load(failing(KeyError("weights"))))
    assert models.failure == "The model cannot be loaded (KeyError: 'weights')."
    assert caplog.records[0].exc_info


def test_a_load_that_fails_leaves_what_served():
    models = ModelHost()
    asyncio.run(models.load(lambda: fake_serving(version=1)))
    asyncio.run(models.load(failing(BundleError("damaged"))))
    assert models.serving().version == 1
    assert models.failure == "damaged"


def test_the_name_is_that_of_the_folder_in_the_registry():
    assert fake_serving().name == "fake"


def test_a_model_is_compiled_in_the_loading_thread():
    engine = FakeEngine()
    asyncio.run(ModelHost().compile(fake_serving(engine)))
    assert engine.compilations == 1
    assert engine.threads == {"loader"}


def test_a_model_that_cannot_be_compiled_serves_on_and_the_log_says_why(caplog, monkeypatch):
    models, engine = ModelHost(), FakeEngine()
    monkeypatch.setattr(engine, "compile", failing(ValueError("no compiler")))

    async def main():
        await models.load(lambda: fake_serving(engine))
        await models.compile(models.serving())

    asyncio.run(main())
    assert models.serving().engine is engine
    assert models.failure is None
    (record,) = caplog.records
    assert "goes on uncompiled" in record.message
    assert record.exc_info
