import pytest

from model.errors import ConfigError
from training.crossval.changes import read_changes
from training.presets import preset

REFERENCE = preset("reference")


def test_values_are_of_the_type_that_the_preset_has():
    texts = ("filters=128", "learning_rate=1", "embedding_frozen = false", "embedding_dtype=float16")
    found = read_changes(texts, REFERENCE)
    assert found == {
        "filters": 128,
        "learning_rate": 1.0,
        "embedding_frozen": False,
        "embedding_dtype": "float16",
    }
    assert isinstance(found["learning_rate"], float)
    assert REFERENCE.adapted(**found).network.filters == 128


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("filters", "sets nothing; write name=value"),
        ("filters=", "sets nothing"),
        ("seed=3", "by --seed"),
        ("filter=3", "no hyper-parameter 'filter'; there are: classes, vocabulary_size"),
        ("filters=2.5", "filters is of type int, as 64"),
        ("filters=many", "filters is of type int"),
        ("embedding_frozen=1", "of type bool, as true"),
        ("learning_rate=true", "of type float"),
    ],
)
def test_what_sets_nothing_is_refused(text, message):
    with pytest.raises(ConfigError, match=message):
        read_changes([text], REFERENCE)
