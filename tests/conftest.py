"""Fixtures that several packages of tests share."""

import pytest


@pytest.fixture(scope="session")
def toy_models(tmp_path_factory):
    """A registry folder with one real model, `toy`, of version 1. Shared: tests that change it make their own."""
    from tests.bundles import make_bundle

    models = tmp_path_factory.mktemp("toy") / "models"
    make_bundle(models)
    return models
