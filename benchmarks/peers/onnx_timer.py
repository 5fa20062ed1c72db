"""ONNX Runtime with one thread, timed on request, in the environment `onnx`; `onnx_timer FOLDER`.

FOLDER holds `ids.npy` and `weights.npz`. Says its version.
"""

import sys
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime
from numpy.typing import NDArray

from benchmarks.peers import onnx_graphs
from benchmarks.timing import answer_requests


def main(folder: Path) -> None:
    with np.load(folder / "weights.npz", allow_pickle=False) as weights:
        graphs = {"plain": onnx_graphs.plain(weights), "folded": onnx_graphs.folded(weights)}
    runs = {name: partial(_run, _session(graph)) for name, graph in graphs.items()}
    answer_requests(folder, runs, np.load(folder / "ids.npy", allow_pickle=False), onnxruntime.__version__)


def _session(graph: bytes) -> Any:
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    return onnxruntime.InferenceSession(graph, options, providers=["CPUExecutionProvider"])


def _run(session: Any, ids: NDArray[np.int32]) -> Any:
    return session.run(None, {"ids": ids})[0]


if __name__ == "__main__":
    main(Path(sys.argv[1]))
