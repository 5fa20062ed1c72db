"""The service's resident memory, beside that of a process that loads the same SavedModel and calls it once."""

import statistics
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from benchmarks.processes import LONGEST_START_S, StartError, running
from model.bundle import verify

_LOADED = "loaded"
_LOAD = f"""
import signal, sys, tensorflow as tf
serve = tf.saved_model.load(sys.argv[1]).signatures["serving_default"]
serve(ids=tf.zeros((1, int(sys.argv[2])), tf.int32))
print("{_LOADED}", flush=True)
signal.pause()
"""


def compare(bundle: Path, ready_mb: float, loaded_mb: float, rounds: int, core: int) -> dict[str, Any]:
    """The service's memory when ready and after a full load, divided by the bare load's."""
    bare_mb = statistics.median(bare_load_mb(bundle, core) for _ in range(rounds))
    return {"ratio": loaded_mb / bare_mb, "ready_mb": ready_mb, "after_load_mb": loaded_mb, "bare_load_mb": bare_mb}


def bare_load_mb(bundle: Path, core: int) -> float:
    """Of a process that imports TensorFlow, loads the SavedModel, calls it once, and waits."""
    arguments = [str(bundle), str(verify(bundle).manifest.sequence_length)]
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        log = folder / "server.log"
        with running([sys.executable, "-c", _LOAD, *arguments], 0, folder, core, {}) as loader:
            deadline = time.monotonic() + LONGEST_START_S
            while _LOADED not in log.read_text(errors="replace"):
                if time.monotonic() > deadline or loader.process.poll() is not None:
                    raise StartError(log.read_text(errors="replace")[-1000:])
                time.sleep(0.1)
            return loader.memory_mb()
