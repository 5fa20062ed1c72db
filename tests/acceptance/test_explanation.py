"""Explanations of real sentences by the bundle that ships: the words add up to the difference of logits."""

import os
from pathlib import Path

import numpy as np
import pytest

from model.bundle import verify
from model.engine import load_engine
from model.explanation.explainer import Explainer
from model.savedmodel import SavedModelEngine
from tests.test_documents import CARD
from training.data.dataset import load_dataset

pytestmark = pytest.mark.acceptance

ROWS = 200
LARGEST_GAP = 0.02


@pytest.fixture(scope="module")
def texts():
    dataset = load_dataset(Path(os.environ["TERCET_ACCEPTANCE_DATA"]).resolve() / "spooky" / "train.csv")
    rows = np.random.default_rng(0).choice(len(dataset.texts), ROWS, replace=False)
    return [dataset.texts[row] for row in rows]


@pytest.fixture(scope="module")
def explainer():
    bundle = verify(CARD.parent / "1")
    saved = SavedModelEngine(bundle)
    return Explainer(bundle, saved, load_engine(bundle, saved=saved))


def test_the_words_of_real_rows_add_up_to_the_difference_of_logits(explainer, texts):
    for text in texts:
        given = explainer.explain(text).attributions
        difference = given.logit - given.baseline_logit
        assert abs(float(given.values.sum()) - difference) <= LARGEST_GAP * abs(difference), text
        assert given.relative_gap <= LARGEST_GAP, text
