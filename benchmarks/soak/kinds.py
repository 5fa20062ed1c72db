"""What clients of the soak send: each kind of request, how often it comes, and what its answer has to be."""

import json
import random
import struct
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

LINES = 20
"""Of a stream."""
SEVERAL = 3
"""Texts of a request with several."""
LABELS = ("EAP", "HPL", "MWS")
TOLERANCE = 1e-5

Probabilities = tuple[float, ...]
"""In the order of `LABELS`."""
Finding = tuple[int | None, str, Probabilities]
"""A version, where the answer names it, a text, and what that version says of it."""
Reader = Callable[[bytes, Sequence[str]], Iterator[Finding]]


@dataclass(frozen=True)
class Ask:
    """A request, the status that has to come, and how its answer is read."""

    method: str
    path: str
    body: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict)
    status: int = 200
    texts: Sequence[str] = ()
    read: Reader | None = None


def one(texts: Sequence[str]) -> Ask:
    return _post("/predict", {"text": texts[0]}, texts[:1], _read_prediction)


def several(texts: Sequence[str]) -> Ask:
    return _post("/predict", {"texts": list(texts)}, texts, _read_predictions)


def stream(texts: Sequence[str]) -> Ask:
    sent = [texts[number % len(texts)] for number in range(LINES)]
    body = "".join(json.dumps({"text": text}) + "\n" for text in sent).encode()
    return Ask("POST", "/predict/stream", body, texts=sent, read=_read_lines)


def explain(texts: Sequence[str]) -> Ask:
    return _post("/explain?detail=summary", {"text": texts[0]}, texts[:1], _read_explanation)


def feedback(texts: Sequence[str]) -> Ask:
    label = LABELS[len(texts[0]) % len(LABELS)]
    return Ask("POST", "/feedback", _json({"text": texts[0], "label": label}), status=201)


def inference(texts: Sequence[str]) -> Ask:
    """Open Inference Protocol, JSON."""
    tensor = {"name": "text", "datatype": "BYTES", "shape": [len(texts)], "data": list(texts)}
    return _post(_model("/v2", "/infer"), {"inputs": [tensor]}, texts, _read_outputs)


def binary_inference(texts: Sequence[str]) -> Ask:
    """Open Inference Protocol, texts as bytes behind the JSON."""
    raw = [text.encode() for text in texts]
    data = b"".join(struct.pack("<I", len(each)) + each for each in raw)
    parameters = {"binary_data_size": len(data)}
    tensor = {"name": "text", "datatype": "BYTES", "shape": [len(texts)], "parameters": parameters}
    head = _json({"inputs": [tensor]})
    headers = {"Inference-Header-Content-Length": str(len(head))}
    return Ask("POST", _model("/v2", "/infer"), head + data, headers, texts=texts, read=_read_outputs)


def instances(texts: Sequence[str]) -> Ask:
    """TensorFlow Serving's REST."""
    body = {"examples": [{"text": text} for text in texts]}
    return _post(_model("/v1", ":classify"), body, texts, _read_classes)


def look(_texts: Sequence[str]) -> Ask:
    paths = ("/model", "/models", "/metrics", "/statistics", "/health/live", "/v2/health/ready", "/openapi.json", "/")
    return Ask("GET", random.choice(paths))


def not_json(_texts: Sequence[str]) -> Ask:
    return Ask("POST", "/predict", b'{"text": ', status=400)


def blank(_texts: Sequence[str]) -> Ask:
    return Ask("POST", "/predict", _json({"text": " "}), status=422)


def unknown_route(_texts: Sequence[str]) -> Ask:
    return Ask("GET", f"/nowhere/{random.randrange(10**6)}", status=404)


def without_key(_texts: Sequence[str]) -> Ask:
    return Ask("POST", "/models/1/promote", status=401)


KINDS: Mapping[Callable[[Sequence[str]], Ask], int] = {
    one: 40,
    several: 10,
    stream: 4,
    explain: 1,
    feedback: 3,
    inference: 8,
    binary_inference: 8,
    instances: 8,
    look: 6,
    not_json: 2,
    blank: 2,
    unknown_route: 2,
    without_key: 2,
}
"""How many of a hundred or so are of each kind."""


def _post(path: str, content: Any, texts: Sequence[str], read: Reader) -> Ask:
    return Ask("POST", path, _json(content), texts=texts, read=read)


def _json(content: Any) -> bytes:
    return json.dumps(content).encode()


def _model(protocol: str, verb: str) -> str:
    return f"{protocol}/models/spooky-authors{verb}"


def _finding(prediction: Any, text: str) -> Finding:
    if prediction["label"] != max(prediction["probabilities"], key=prediction["probabilities"].__getitem__):
        raise ValueError(f"the label is not the most probable one: {prediction}")
    return prediction["model"]["version"], text, tuple(prediction["probabilities"][label] for label in LABELS)


def _read_prediction(content: bytes, texts: Sequence[str]) -> Iterator[Finding]:
    yield _finding(json.loads(content), texts[0])


def _read_predictions(content: bytes, texts: Sequence[str]) -> Iterator[Finding]:
    for text, prediction in zip(texts, json.loads(content)["predictions"], strict=True):
        yield _finding(prediction, text)


def _read_lines(content: bytes, texts: Sequence[str]) -> Iterator[Finding]:
    for text, line in zip(texts, content.splitlines(), strict=True):
        yield _finding(json.loads(line), text)


def _read_explanation(content: bytes, texts: Sequence[str]) -> Iterator[Finding]:
    yield _finding(json.loads(content)["prediction"], texts[0])


def _read_outputs(content: bytes, texts: Sequence[str]) -> Iterator[Finding]:
    answer = json.loads(content)
    flat = next(each["data"] for each in answer["outputs"] if each["name"] == "probabilities")
    rows = zip(*[iter(flat)] * len(LABELS), strict=True)
    for text, row in zip(texts, rows, strict=True):
        yield int(answer["model_version"]), text, row


def _read_classes(content: bytes, texts: Sequence[str]) -> Iterator[Finding]:
    for text, pairs in zip(texts, json.loads(content)["results"], strict=True):
        probabilities = dict(pairs)
        yield None, text, tuple(probabilities[label] for label in LABELS)
