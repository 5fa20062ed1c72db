"""ONNX Runtime measures itself, in the environment `onnx`: one thread, on request, so that rounds can alternate.

Reads `weights.npz` and `ids.npy` in the folder it is given, writes `plain.npy` and `folded.npy` (the probabilities of
all ids), then answers each line `GRAPH BATCH SECONDS` on standard input with the microseconds a text.
"""

import sys
from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime

from benchmarks.peers import onnx_graphs
from benchmarks.timing import microseconds_a_text


def main(folder: Path) -> None:
    with np.load(folder / "weights.npz", allow_pickle=False) as weights:
        graphs = {"plain": onnx_graphs.plain(weights), "folded": onnx_graphs.folded(weights)}
    sessions = {name: _session(graph) for name, graph in graphs.items()}
    ids = np.load(folder / "ids.npy", allow_pickle=False)
    for name, session in sessions.items():
        np.save(folder / f"{name}.npy", session.run(None, {"ids": ids})[0])
    print(f"onnxruntime {onnxruntime.__version__}", flush=True)
    for line in sys.stdin:
        name, batch, seconds = line.split()
        session = sessions[name]
        took = microseconds_a_text(lambda rows: session.run(None, {"ids": rows}), ids, int(batch), float(seconds))  # noqa: B023 - called before the next line is read
        print(took, flush=True)


def _session(graph: bytes) -> Any:
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    return onnxruntime.InferenceSession(graph, options, providers=["CPUExecutionProvider"])


if __name__ == "__main__":
    main(Path(sys.argv[1]))
