"""Tercet's engine and the SavedModel's signature, timed on request: `python -m benchmarks.engine_timer FOLDER`.

FOLDER holds `ids.npy`. Says the engine's best batch. Writes `weights.npz`, so that a peer can build the same network.
"""

import sys
from pathlib import Path
from typing import Any

import numpy as np

from app.loading import load_serving
from app.settings import Settings
from benchmarks.bundles import REFERENCE_BUNDLE, install
from benchmarks.timing import answer_requests


def main(folder: Path) -> None:
    settings = Settings(data=folder, device="cpu", model=None)
    install(REFERENCE_BUNDLE, settings.models_folder)
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
