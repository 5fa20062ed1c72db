"""Ray Serve with its own batching: one proxy, one replica."""

import sys
import threading
from typing import Any

import ray
from ray import serve
from starlette.requests import Request

from benchmarks.peers.reference import BATCH, WAIT_S, ReferenceModel


class SpookyAuthors:
    """The replica."""

    def __init__(self) -> None:
        self.model = ReferenceModel()

    @serve.batch(max_batch_size=BATCH, batch_wait_timeout_s=WAIT_S)
    async def predict(self, texts: list[str]) -> list[dict[str, Any]]:
        """One call of the network."""
        return self.model.predict(texts)

    async def __call__(self, request: Request) -> Any:
        """One request."""
        return await self.predict((await request.json())["text"])


if __name__ == "__main__":
    # By default Ray gives its workers a low priority, which on a single core would starve them of their share.
    ray.init(
        num_cpus=1,
        object_store_memory=1 << 27,
        include_dashboard=False,
        log_to_driver=False,
        _system_config={"worker_niceness": 0},
    )
    serve.start(http_options={"host": "127.0.0.1", "port": int(sys.argv[1])})
    deployment = serve.deployment(max_ongoing_requests=1000)(SpookyAuthors)
    serve.run(deployment.bind(), route_prefix="/predict")
    threading.Event().wait()
