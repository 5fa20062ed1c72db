import shutil
from pathlib import Path

import pytest

from model import savedmodel
from model.attribution_graph import attribution
from model.bundle import verify
from model.engine import load_engine
from model.explanation.explainer import Explainer
from model.network import count_parameters, describe_layers, layer_outputs
from model.savedmodel import SavedModelEngine
from tests.bundles import make_bundle, remanifest
from tests.model.networks import WIDE, network_of

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


@pytest.fixture(scope="session")
def wide_folder(tmp_path_factory):
    """A toy bundle whose network has a wide part too, with weights at random; no test changes it."""
    folder = make_bundle(tmp_path_factory.mktemp("wide"))
    network = network_of(WIDE)
    shutil.rmtree(folder / "variables")
    savedmodel.export(network, folder, layer_outputs(network), attribution(network))
    remanifest(folder, layers=describe_layers(network), parameters=count_parameters(network))
    return folder
