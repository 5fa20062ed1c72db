"""`POST /predict/stream`: texts a second through one connection, beside the network alone at its best batch."""

import contextlib
import json
import statistics
import sys
import tempfile
import threading
import time
from collections.abc import Iterator, Sequence
from http.client import HTTPConnection
from itertools import cycle
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.bundles import REFERENCE_BUNDLE
from benchmarks.processes import Server, environment, on_core, settle
from benchmarks.timing import Timer, timer
from model.bundle import verify

PATH = "/predict/stream"
LINES_A_CHUNK = 256
WARM_UP_S = 2.0
_READ_BYTES = 1 << 16


@contextlib.contextmanager
def engine(texts: Sequence[str], core: int) -> Iterator[Timer]:
    """The network alone, for the same texts, in a process of its own that waits to be asked."""
    with tempfile.TemporaryDirectory() as folder:
        np.save(Path(folder) / "ids.npy", verify(REFERENCE_BUNDLE).encoder.encode(texts)[0])
        command = [*on_core(core), sys.executable, "-m", "benchmarks.engine_timer", folder]
        with timer(command, cwd=folder, env=environment({})) as network:
            yield network


def measure(server: Server, network: Timer, texts: Sequence[str], rounds: int, seconds: float) -> dict[str, Any]:
    """The stream and the network in turn, on the same core."""
    best_batch = int(network.fact)
    texts_a_second(server.port, texts, WARM_UP_S)
    stream, alone = [], []
    for _ in range(rounds):
        settle(server)
        stream.append(texts_a_second(server.port, texts, seconds))
        alone.append(1e6 / network.measure("tercet", best_batch, seconds))
    return {
        "ratio": statistics.median(a / b for a, b in zip(stream, alone, strict=True)),
        "stream_texts_a_second": statistics.median(stream),
        "network_texts_a_second": statistics.median(alone),
        "best_batch": best_batch,
    }


def texts_a_second(port: int, texts: Sequence[str], seconds: float) -> float:
    """Send lines for `seconds`, read until the last answer. Raises `ValueError` unless each line got an answer."""
    connection = HTTPConnection("127.0.0.1", port)
    connection.putrequest("POST", PATH)
    connection.putheader("Content-Type", "application/x-ndjson")
    connection.putheader("Transfer-Encoding", "chunked")
    connection.endheaders()
    sender = _Sender(connection, _chunks(texts), seconds)
    began = time.perf_counter()
    sender.start()
    response = connection.getresponse()
    lines = 0
    while part := response.read1(_READ_BYTES):
        lines += part.count(b"\n")
    took = time.perf_counter() - began
    sender.join()
    connection.close()
    if response.status != 200 or lines != sender.lines:
        raise ValueError(f"{PATH} answered {response.status} and {lines:,} lines to {sender.lines:,}")
    return lines / took


class _Sender(threading.Thread):
    """Sends chunks one after the other while the answers are read elsewhere."""

    def __init__(self, connection: HTTPConnection, chunks: Sequence[bytes], seconds: float) -> None:
        super().__init__()
        self._connection, self._chunks, self._seconds = connection, chunks, seconds
        self.lines = 0

    def run(self) -> None:
        until = time.perf_counter() + self._seconds
        for chunk in cycle(self._chunks):
            if time.perf_counter() > until:
                break
            self._connection.send(chunk)
            self.lines += LINES_A_CHUNK
        self._connection.send(b"0\r\n\r\n")


def _chunks(texts: Sequence[str]) -> list[bytes]:
    """Chunks of the transfer encoding, each with as many lines."""
    lines = [json.dumps({"text": text}).encode() + b"\n" for text in texts]
    parts = [b"".join(lines[i : i + LINES_A_CHUNK]) for i in range(0, len(lines) - LINES_A_CHUNK + 1, LINES_A_CHUNK)]
    return [b"%x\r\n%s\r\n" % (len(part), part) for part in parts]
