"""Predictions as lines of JSON, written by filling a template: the same bytes as `to_json` of `present`, sooner."""

from itertools import chain

from pydantic_core import to_json

from app.classifier import Classification


def prediction_lines(classification: Classification) -> bytes:
    """A line for each text, newline and all, in the form of `app.schemas.Prediction`."""
    labels = classification.serving.bundle.manifest.labels
    rows, classes = classification.probabilities.shape
    names = [_json(label) for label in labels]
    # to_json writes some numbers otherwise than Python does, 1e-7 for example.
    numbers = _json(classification.probabilities.ravel().tolist())[1:-1].split(",")  # (rows * classes,)
    total, known, used, truncated = zip(*classification.counts, strict=True)
    columns = zip(
        [names[winner] for winner in classification.best],
        *(numbers[label::classes] for label in range(classes)),
        total,
        known,
        used,
        ["true" if cut else "false" for cut in truncated],
        strict=True,
    )
    lines: str = _template(classification) * rows % tuple(chain.from_iterable(columns))
    return lines.encode()


def _template(classification: Classification) -> str:
    """A line with %s for each value that differs from text to text."""
    serving = classification.serving
    labels = (_json(label).replace("%", "%%") for label in serving.bundle.manifest.labels)
    probabilities = ",".join(f"{label}:%s" for label in labels)
    model = _json({"name": serving.name, "version": serving.version}).replace("%", "%%")
    tokens = '{"total":%s,"known":%s,"used":%s,"truncated":%s}'
    return f'{{"label":%s,"probabilities":{{{probabilities}}},"tokens":{tokens},"model":{model}}}\n'


def _json(value: object) -> str:
    return to_json(value).decode()
