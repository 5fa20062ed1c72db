"""Asks a service by KServe's client in protocol V1: `python kserve_v1.py URL MODEL TEXT...`.

Prints JSON; an HTTP error of the client is `{"error", "status"}`.
"""

import asyncio
import base64
import json
import sys

import httpx
from kserve import InferenceRESTClient, RESTConfig


async def outcome(call):
    try:
        return await call
    except httpx.HTTPStatusError as error:
        return {"error": str(error), "status": error.response.status_code}


async def main(url, model, *texts):
    encoded = [{"b64": base64.b64encode(text.encode()).decode()} for text in texts]
    async with InferenceRESTClient(RESTConfig(protocol="v1")) as client:

        async def infer(body, name=model):
            return await outcome(client.infer(url, body, model_name=name))

        asked = {
            "ready": await client.is_model_ready(url, model),
            "other_ready": await outcome(client.is_model_ready(url, "nobody")),
            "instances": await infer({"instances": texts}),
            "objects": await infer({"instances": [{"text": text} for text in texts]}),
            "base64": await infer({"instances": encoded}),
            "column": await infer({"instances": [[text] for text in texts]}),
            "inputs": await infer({"inputs": texts}),
            "named_inputs": await infer({"inputs": {"text": encoded}}),
            "unknown_model": await infer({"instances": texts}, "nobody"),
            "blank": await infer({"instances": ["calm", " "]}),
            "nothing": await infer({}),
            "explanation": await outcome(client.explain(url, model, {"instances": texts})),
        }
    json.dump(asked, sys.stdout)


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
