"""From a registry on disk to a model that answers: choose, verify, load, warm. Blocking; meant for a thread.

TensorFlow is imported here and no earlier, after the bundle's hashes were found right.
"""

from pathlib import Path

import numpy as np

from app.default_model import DEFAULT_MODEL
from app.model_host import Serving
from app.settings import Settings
from model.bundle import Bundle, verify
from model.errors import BundleError, RegistryError
from model.quiet import import_tensorflow
from model.registry import Registry

_WARM_UP_TEXT = "A first text, so that the first caller does not wait for what TensorFlow does once."


def load_serving(settings: Settings, version: int | None = None) -> Serving:
    """The current version of the model that `settings` choose, or another one, loaded and warm.

    Raises `RegistryError`, `BundleError`, `TokenizerError` or `DeviceError`.
    """
    return load_bundle(find_bundle(settings, version), settings)


def find_bundle(settings: Settings, version: int | None = None) -> Bundle:
    """The bundle of the model that `settings` choose, of the current version or another one, verified.

    Raises `RegistryError`, `BundleError` or `TokenizerError`.
    """
    registry = Registry(settings.models_folder)
    name = choose_model(registry, settings.model)
    return verify(registry.current_path(name) if version is None else registry.path(name, version))


def load_bundle(bundle: Bundle, settings: Settings) -> Serving:
    """The model in `bundle`, loaded and warm. Raises `BundleError` or `DeviceError`."""
    import_tensorflow(keras=False)
    from model.device import limit_threads, select  # noqa: PLC0415 - seconds of import that a damaged bundle need not wait for
    from model.engine import load_engine  # noqa: PLC0415
    from model.explanation.explainer import Explainer  # noqa: PLC0415
    from model.savedmodel import SavedModelEngine  # noqa: PLC0415

    limit_threads(settings.intra_op_threads, settings.inter_op_threads)
    device = select(settings.device)
    saved = SavedModelEngine(bundle)
    engine = load_engine(bundle, f"{device.upper()}:0", saved)
    serving = Serving(int(bundle.folder.name), bundle, engine, device, Explainer(bundle, saved, engine))
    warm(serving)
    return serving


def choose_model(registry: Registry, wanted: str | None) -> str:
    """`wanted`, or the default model, or the only one there is. Raises `RegistryError` that lists the models."""
    names = registry.names()
    there = ", ".join(names) or "none"
    if wanted is not None:
        if wanted not in names:
            raise RegistryError(f"{registry.folder} has no model {wanted!r} (TERCET_MODEL); there are: {there}.")
        return wanted
    if DEFAULT_MODEL in names:
        return DEFAULT_MODEL
    if len(names) == 1:
        return names[0]
    if not names:
        raise RegistryError(
            f"{registry.folder} holds no model. Train one: "
            f"python -m training train --data texts.csv --models {_shown(registry.folder)}"
        )
    raise RegistryError(f"{registry.folder} has several models; name one by TERCET_MODEL: {there}.")


def warm(serving: Serving) -> None:
    """One real run. Raises `BundleError` where what comes out is no distribution over the labels."""
    bundle: Bundle = serving.bundle
    ids, _ = bundle.encoder.encode([_WARM_UP_TEXT])  # (1, sequence_length)
    probabilities = serving.engine.probabilities(ids)  # (1, classes)
    sane = probabilities.shape == (1, len(bundle.manifest.labels)) and np.isclose(probabilities.sum(), 1, atol=1e-4)
    if not sane or probabilities.min() < 0:
        raise BundleError(
            f"{bundle.folder}: the network answers {probabilities.tolist()}, which are no probabilities of "
            f"{len(bundle.manifest.labels)} labels. Its last layer has to be a softmax; train or import it again."
        )


def _shown(folder: Path) -> str:
    return f"'{folder}'" if " " in str(folder) else str(folder)
