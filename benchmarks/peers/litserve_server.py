"""LitServe with its own batching; one worker, one API process."""

import sys
from typing import Any

import litserve

from benchmarks.peers.reference import BATCH, WAIT_S, ReferenceModel


class SpookyAuthors(litserve.LitAPI):
    """Its worker gathers what `decode_request` returned."""

    def setup(self, _device: str) -> None:
        """In the worker."""
        self.model = ReferenceModel()

    def decode_request(self, request: dict[str, str]) -> str:
        """The text."""
        return request["text"]

    def batch(self, inputs: list[str]) -> list[str]:
        """Texts stay a list, where LitServe would make an array of them."""
        return inputs

    def predict(self, texts: list[str]) -> list[dict[str, Any]]:
        """One call of the network."""
        return self.model.predict(texts)

    def unbatch(self, output: list[dict[str, Any]]) -> list[dict[str, Any]]:
        """An answer a text already."""
        return output

    def encode_response(self, output: dict[str, Any]) -> dict[str, Any]:
        """As it is."""
        return output


if __name__ == "__main__":
    api = SpookyAuthors(max_batch_size=BATCH, batch_timeout=WAIT_S)
    server = litserve.LitServer(api, accelerator="cpu", timeout=False, fast_queue=True)
    server.run(
        host="127.0.0.1", port=int(sys.argv[1]), num_api_servers=1, generate_client_file=False, log_level="warning"
    )
