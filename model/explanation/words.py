"""What each word of the text is to the network: its id and place, its neighbours, and what it adds to a logit."""

import numpy as np

from model.explanation.explanation import Attributions, ExplainedToken
from model.explanation.integrated_gradients import Integral
from model.explanation.neighbours import Neighbours
from model.explanation.scene import Scene


def explain_tokens(scene: Scene, neighbours: Neighbours) -> tuple[ExplainedToken, ...]:
    """Every word of the text, in order."""
    placed = {word.token: word for word in scene.placed}
    # A long text would ask for thousands of words that the network does not see.
    nearest = neighbours.of(word.id for word in scene.at.values() if word.known)
    tokens = []
    for index, token in enumerate(scene.tokens):
        place = placed.get(index)
        known = place is not None and place.known
        position = None if place is None else place.position
        tokens.append(
            ExplainedToken(
                text=scene.text[token.start : token.end],
                word=token.word,
                start=token.start,
                end=token.end,
                id=None if place is None else place.id,
                known=known,
                position=position,
                neighbours=nearest[place.id] if place is not None and known and position is not None else (),
            )
        )
    return tuple(tokens)


def attributions(integral: Integral, scene: Scene, label: int) -> Attributions:
    """What each word adds: the effect of the position where it stands."""
    values = np.zeros(len(scene.tokens), np.float32)  # (tokens,)
    for word in scene.placed:
        if word.position is not None:
            values[word.token] = integral.positions[word.position]
    return Attributions(
        label=scene.manifest.labels[label],
        steps=integral.steps,
        values=values,
        logit=integral.logit,
        baseline_logit=integral.baseline_logit,
        gap=integral.gap,
        relative_gap=integral.relative_gap,
    )
