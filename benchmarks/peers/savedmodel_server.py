"""FastAPI, and a call of the SavedModel for each request."""

import sys

import uvicorn
from fastapi import FastAPI
from pydantic import BaseModel

from app.schemas import Prediction
from benchmarks.peers.reference import ReferenceModel

app = FastAPI()
model = ReferenceModel()


class TextRequest(BaseModel):
    """One text."""

    text: str


@app.post("/predict", response_model=Prediction)
async def predict(request: TextRequest) -> object:  # a thread a request measured slower, on one core
    """The class of one text."""
    return model.predict([request.text])[0]


if __name__ == "__main__":
    uvicorn.run(app, port=int(sys.argv[1]), loop="uvloop", http="httptools", access_log=False, log_level="warning")
