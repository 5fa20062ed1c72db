from types import SimpleNamespace

import pytest

from app.cluster.scaling import by_texts


@pytest.mark.parametrize(
    ("metrics", "replicas"),
    [({"texts": {"a": 64.0, "b": 32.0}}, 1.5), ({"texts": {"a": 0.0}}, 0.0), ({}, 0.0), (None, 0.0)],
)
def test_so_many_replicas_that_each_has_the_texts_it_should(metrics, replicas):
    config = SimpleNamespace(get_target_ongoing_requests=lambda: 64)
    context = SimpleNamespace(aggregated_metrics=metrics, config=config)
    assert by_texts(context) == (replicas, {})
