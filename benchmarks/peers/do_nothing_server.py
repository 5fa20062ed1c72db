"""The least that a FastAPI service can do: the schemas of `POST /predict`, and a constant for an answer."""

import sys

import uvicorn
from fastapi import FastAPI
from pydantic import BaseModel

from app.schemas import ModelName, Prediction, Tokens

ANSWER = Prediction(
    label="HPL",
    probabilities={"EAP": 0.07450824975967407, "HPL": 0.7791856527328491, "MWS": 0.14630609750747681},
    tokens=Tokens(total=27, known=26, used=26, truncated=False),
    model=ModelName(name="spooky-authors", version=1),
)

app = FastAPI()


class TextRequest(BaseModel):
    """One text."""

    text: str


@app.post("/predict")
async def predict(_request: TextRequest) -> Prediction:
    """Take the text and say the same of each."""
    return ANSWER


if __name__ == "__main__":
    uvicorn.run(app, port=int(sys.argv[1]), loop="uvloop", http="httptools", access_log=False, log_level="warning")
