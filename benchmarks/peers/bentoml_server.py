"""BentoML with its own batching, which takes lists: `{"texts": ["…"]}` in, a list of answers out."""

import sys
from typing import Any

import bentoml

from benchmarks.peers.reference import BATCH, ReferenceModel


@bentoml.service(
    workers=1,
    traffic={"timeout": 600},
    logging={"access": {"enabled": False}},
    metrics={"enabled": False},
)
class SpookyAuthors:
    """It learns how long to wait from how long calls take; only the longest latency can be set."""

    def __init__(self) -> None:
        self.model = ReferenceModel()

    @bentoml.api(batchable=True, max_batch_size=BATCH, max_latency_ms=60_000)
    def predict(self, texts: list[str]) -> list[dict[str, Any]]:
        """One call of the network."""
        return self.model.predict(texts)


if __name__ == "__main__":
    service = "benchmarks.peers.bentoml_server:SpookyAuthors"
    bentoml.serve(service, host="127.0.0.1", port=int(sys.argv[1]), blocking=True)
