"""A text in front of a network of six positions, whose layers give what a test says; nothing is computed."""

from datetime import UTC, datetime

import numpy as np

from model.encoder import TextEncoder
from model.explanation.convolution import Convolution
from model.explanation.scene import Scene
from model.explanation.window import place
from model.manifest import Layer, Manifest, ParameterCounts
from model.tokenizer import Tokenizer

TOKENIZER = Tokenizer({"sea": 1, "storm": 2, "snow": 3, "ice": 4, "fog": 5, "calm": 6, "wind": 7})
LAYERS = (
    ("ids", "InputLayer", (6,)),
    ("embedding", "Embedding", (6, 2)),
    ("dropout", "Dropout", (6, 2)),
    ("convolution", "Conv1D", (5, 3)),
    ("pooling", "MaxPooling1D", (2, 3)),
    ("lstm", "LSTM", (4,)),
    ("probabilities", "Dense", (2,)),
)
CONVOLUTION = Convolution("convolution", width=2, windows=5, filters=3, pooling="pooling")


def manifest_with(layers=LAYERS, *, frozen=(), **facts):
    return Manifest(
        name="toy",
        created_at=datetime(2026, 1, 2, tzinfo=UTC),
        preset=None,
        labels=("calm", "storm"),
        sequence_length=6,
        vocabulary_size=8,
        layers=tuple(
            Layer(name=name, kind=kind, shape=shape, parameters=0, trainable=name not in frozen)
            for name, kind, shape in layers
        ),
        parameters=ParameterCounts(total=0, trainable=0, frozen=0),
        libraries={},
        files={},
        **facts,
    )


def scene_of(text, outputs=(), *, manifest=None, convolution=CONVOLUTION, probabilities=(0.25, 0.75)):
    """What an explainer knows of `text`; a layer that `outputs` leaves out gave zeros."""
    manifest = manifest or manifest_with()
    encoder = TextEncoder(TOKENIZER, 6)
    tokens = tuple(TOKENIZER.tokens(text))
    placed = tuple(place(tokens, encoder))
    ids, (counts,) = encoder.encode([text])
    zeros = {layer.name: np.zeros(layer.shape, np.float32) for layer in manifest.layers}
    given = {name: np.array(values) for name, values in dict(outputs).items()}
    return Scene(
        manifest=manifest,
        convolution=convolution,
        text=text,
        tokens=tokens,
        placed=placed,
        at={word.position: word for word in placed if word.position is not None},
        counts=counts,
        ids=ids,
        outputs=zeros | {"ids": ids[0]} | given,
        probabilities=np.array(probabilities, np.float32),
    )
