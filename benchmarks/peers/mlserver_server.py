"""MLServer with its own batching, by its own protocol: Open Inference V2, a BYTES tensor in, a tensor a fact out."""

import asyncio
import socket
import sys

from mlserver import MLModel, MLServer, ModelSettings, Settings
from mlserver.codecs import NumpyCodec, StringCodec
from mlserver.types import InferenceRequest, InferenceResponse

from benchmarks.peers.reference import BATCH, BUNDLE, WAIT_S, ReferenceModel


class SpookyAuthors(MLModel):
    """MLServer joins the tensors of the requests that it gathers, and cuts those of the answer."""

    async def load(self) -> bool:
        """Once, in the serving process."""
        self.model = ReferenceModel()
        return True

    async def predict(self, payload: InferenceRequest) -> InferenceResponse:
        """One call of the network."""
        ids, counts = self.model.encode(StringCodec.decode_input(payload.inputs[0]))
        probabilities = self.model.probabilities(ids)  # (texts, classes)
        answers = [self.model.present(*each) for each in zip(probabilities, counts, strict=True)]
        return InferenceResponse(
            model_name=BUNDLE.parent.name,
            outputs=[
                StringCodec.encode_output("label", [answer["label"] for answer in answers]),
                NumpyCodec.encode_output("probabilities", probabilities),
            ],
        )


async def main(port: int) -> None:
    model = ModelSettings(
        name=BUNDLE.parent.name, implementation=SpookyAuthors, max_batch_size=BATCH, max_batch_time=WAIT_S
    )
    settings = Settings(
        host="127.0.0.1",
        http_port=port,
        grpc_port=_free_port(),
        metrics_endpoint=None,
        parallel_workers=int(sys.argv[2]) if len(sys.argv) > 2 else 0,
        debug=False,
    )
    await MLServer(settings).start([model])


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1])))
