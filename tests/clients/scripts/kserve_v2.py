"""Asks a service by KServe's client in protocol V2: `python kserve_v2.py URL MODEL TEXT...`.

Prints JSON; an HTTP error of the client is `{"error", "status"}`.
"""

import asyncio
import json
import sys

import httpx
import numpy as np
from kserve import InferenceRESTClient, InferInput, InferRequest, RESTConfig
from kserve.protocol.infer_type import RequestedOutput


def as_numpy(texts, *, binary, shape=(-1,)):
    values = np.array(texts, dtype=np.object_).reshape(shape)
    tensor = InferInput("text", list(values.shape), "BYTES")
    tensor.set_data_from_numpy(values, binary_data=binary)
    return tensor


def plain(response):
    """What a caller sees of a response."""
    outputs = {
        output.name: {
            "datatype": output.datatype,
            "shape": output.shape,
            "values": output.as_numpy().ravel().tolist(),
        }
        for output in response.outputs
    }
    return {"id": response.id, "model": response.model_name, "outputs": outputs}


async def outcome(call):
    try:
        return await call
    except httpx.HTTPStatusError as error:
        return {"error": str(error), "status": error.response.status_code}


async def main(url, model, *given):
    texts = list(given)
    async with InferenceRESTClient(RESTConfig(protocol="v2")) as client:

        async def infer(tensor, *, name=model, headers=None, **request):
            response = await client.infer(
                url, InferRequest(name, [tensor], **request), model_name=name, headers=headers
            )
            return plain(response)

        async def by_dictionary():
            tensor = {"name": "text", "shape": [len(texts)], "datatype": "BYTES", "data": texts}
            return plain(await client.infer(url, {"inputs": [tensor]}, model_name=model))

        asked = {
            "live": await client.is_server_live(url),
            "ready": await client.is_server_ready(url),
            "model_ready": await client.is_model_ready(url, model),
            "other_model_ready": await client.is_model_ready(url, "nobody"),
            "binary": await outcome(infer(as_numpy(texts, binary=True), request_id="request 8")),
            "binary_column": await outcome(infer(as_numpy(texts, binary=True, shape=(-1, 1)))),
            "json": await outcome(infer(as_numpy(texts, binary=False))),
            "list": await outcome(infer(InferInput("text", [len(texts)], "BYTES", data=texts))),
            "nested": await outcome(infer(InferInput("text", [len(texts), 1], "BYTES", data=[[t] for t in texts]))),
            "content_type": await outcome(
                infer(InferInput("text", [len(texts)], "BYTES", data=texts, parameters={"content_type": "str"}))
            ),
            "binary_outputs": await outcome(
                infer(as_numpy(texts, binary=True), parameters={"binary_data_output": True})
            ),
            "label_alone": await outcome(
                infer(
                    as_numpy(texts, binary=True),
                    request_outputs=[RequestedOutput("label", parameters={"binary_data": True})],
                )
            ),
            "dictionary": await outcome(by_dictionary()),
            "unknown_model": await outcome(infer(as_numpy(texts, binary=True), name="nobody")),
            "blank": await outcome(infer(as_numpy(["calm", ""], binary=True))),
            "nothing": await outcome(infer(as_numpy([], binary=True))),
        }
    json.dump(asked, sys.stdout)


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
