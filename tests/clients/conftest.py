"""A service with a real model, for the clients of other servers."""

import shutil

import pytest

from tests.app.process import client_of, started


@pytest.fixture(scope="package")
def service(tmp_path_factory, toy_models):
    """Serves version 1 of `toy`; version 2 is there as well."""
    data = tmp_path_factory.mktemp("data")
    shutil.copytree(toy_models, data / "models")
    shutil.copytree(toy_models / "toy" / "1", data / "models" / "toy" / "2")
    with started(tmp_path_factory.mktemp("service"), DATA=data) as service:
        service.wait_until_ready()
        yield service
        assert "Traceback" not in service.log()


@pytest.fixture(scope="package")
def client(service):
    """A client of the native routes."""
    with client_of(service) as client:
        yield client
