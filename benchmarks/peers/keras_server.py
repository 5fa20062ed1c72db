"""FastAPI and `keras.Model.predict`, as most tutorials have it: the network rebuilt, with the bundle's weights."""

import sys
from typing import Any

import tensorflow as tf
import uvicorn
from fastapi import FastAPI
from pydantic import BaseModel

from app.schemas import Prediction
from benchmarks.peers.reference import BUNDLE, ReferenceModel
from model.network import build
from model.network_config import NetworkConfig


class TextRequest(BaseModel):
    """One text."""

    text: str


def restored() -> Any:
    """The network of the preset `reference` as a `keras.Model`, with the weights of the bundle that ships."""
    network = build(NetworkConfig(embedding_frozen=False))
    saved = tf.saved_model.load(str(BUNDLE)).weights
    network.set_weights([saved[weight.path].numpy() for weight in network.weights])
    return network


app = FastAPI()
model = ReferenceModel()
network = restored()


@app.post("/predict", response_model=Prediction)
async def predict(request: TextRequest) -> object:  # a thread a request measured slower, on one core
    """The class of one text."""
    ids, counts = model.encode([request.text])
    return model.present(network.predict(ids, verbose=0)[0], counts[0])


if __name__ == "__main__":
    uvicorn.run(app, port=int(sys.argv[1]), loop="uvloop", http="httptools", access_log=False, log_level="warning")
