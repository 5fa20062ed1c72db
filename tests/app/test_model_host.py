import asyncio

import pytest

from app.errors import NotReadyError
from app.model_host import ModelHost
from model.errors import BundleError
from tests.app.fakes import fake_serving


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
