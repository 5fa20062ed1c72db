from pathlib import Path

import pytest

from model.bundle import verify
from model.engine import load_engine
from model.explanation.explainer import Explainer
from model.savedmodel import SavedModelEngine

SHIPPED = Path(__file__).parents[3] / "assets" / "bundles" / "spooky-authors" / "1"


def explainer_of(folder):
    """An explainer of the bundle in `folder`, and the bundle and SavedModel that it explains."""
    bundle = verify(folder)
    saved = SavedModelEngine(bundle)
    return Explainer(bundle, saved, load_engine(bundle, saved=saved)), bundle, saved


@pytest.fixture(scope="session")
def toy(pristine):
    return explainer_of(pristine)


@pytest.fixture(scope="session")
def shipped():
    return explainer_of(SHIPPED)
