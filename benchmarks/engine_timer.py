"""Tercet's engine and the SavedModel's signature, timed on request: `python -m benchmarks.engine_timer FOLDER`.

FOLDER holds `ids.npy`. Says the engine's best batch. Writes `weights.npz`, so that a peer can build the same network.
"""

import sys
from pathlib import Path
from typing import Any

import numpy as np

from app.default_model import install_default_model
from app.loading import load_serving
from app.settings import Settings
from benchmarks.timing import answer_requests
from model.assets import assets_folder


def main(folder: Path) -> None:
    settings = Settings(data=folder, device="cpu", model=None)
    install_default_model(settings.models_folder, assets_folder() / "bundles")
    serving = load_serving(settings)
    from model.savedmodel import SavedModelEngine  # imports TensorFlow, which load_serving does quietly

    serving.engine.compile()
    saved = SavedModelEngine(serving.bundle)
    weights: Any = saved.weights()
    np.savez(folder / "weights.npz", **weights)
    runs = {"tercet": serving.engine.probabilities, "savedmodel": saved.probabilities}
    answer_requests(folder, runs, np.load(folder / "ids.npy", allow_pickle=False), str(serving.engine.best_batch))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
