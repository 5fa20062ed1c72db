"""What each layer gave for one text: the row of the manifest's table, the numbers, figures over them, a sentence."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from model.explanation.explanation import ExplainedLayer, Statistics
from model.explanation.scene import Scene
from model.explanation.summaries import summarize
from model.manifest import Layer


def explain_layers(scene: Scene) -> tuple[ExplainedLayer, ...]:
    """A layer for each row of the table, in its order."""
    return tuple(_explain(number, layer, scene) for number, layer in enumerate(scene.manifest.layers))


def _explain(number: int, layer: Layer, scene: Scene) -> ExplainedLayer:
    outputs: Any = scene.outputs
    output = outputs.get(layer.name)
    is_last = number == len(scene.manifest.layers) - 1
    return ExplainedLayer(
        name=layer.name,
        kind=layer.kind,
        shape=layer.shape,
        parameters=layer.parameters,
        summary=summarize(number, scene),
        statistics=None if output is None else statistics(output),
        activations=output,
        positions=outputs.get(f"{layer.name}_positions") if layer.kind == "MaxPooling1D" else None,
        states=outputs.get(f"{layer.name}_states") if layer.kind == "LSTM" else None,
        logits=outputs.get("logits") if is_last else None,
    )


def statistics(output: NDArray[Any]) -> Statistics:
    """Figures over all of a layer's numbers."""
    zeros = int(np.count_nonzero(output == 0)) / output.size
    return Statistics(float(output.min()), float(output.mean(dtype=np.float64)), float(output.max()), zeros)
