"""A text to its explanation: one look at every layer, one at the words, all from the bundle's own graph.

Blocking, some milliseconds; threads may share an explainer.
"""

from model.bundle import Bundle
from model.engine import Engine
from model.explanation.explanation import Explanation
from model.savedmodel import SavedModelEngine


class Explainer:
    """Explains what one bundle's network does."""

    def __init__(self, bundle: Bundle, saved: SavedModelEngine, engine: Engine) -> None:
        """`saved` gives what is inside; `engine` is what answers, and gives the probabilities."""
        self._bundle, self._saved, self._engine = bundle, saved, engine

    def explain(self, text: str, label: str | None = None) -> Explanation:
        """What the network did with `text`, and which words moved it towards `label`, or to the likeliest.

        Raises `UnknownLabelError`, and `NotExplainableError` where the bundle has no signature `explain`.
        """
        raise NotImplementedError
