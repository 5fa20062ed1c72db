"""What is asked of a node, and how many times the nodes have it."""

import pytest

from tests.training.recording import RecordingProgress
from training.cluster.demand import resources, slots, warn_if_none


class Nodes:
    """A cluster by what its nodes have."""

    def __init__(self, *nodes):
        self._nodes = nodes

    def nodes(self):
        return [{"Alive": alive, "Resources": there} for alive, there in self._nodes]


def test_a_core_a_thread_and_a_card_where_one_is_asked_for():
    assert resources(3, "cpu") == {"CPU": 3}
    assert resources(1, "gpu") == {"CPU": 1, "GPU": 1}


@pytest.mark.parametrize(
    ("nodes", "wanted", "times"),
    [
        ([(True, {"CPU": 4.0}), (True, {"CPU": 3.0})], {"CPU": 2.0}, 3),
        ([(True, {"CPU": 4.0}), (False, {"CPU": 4.0})], {"CPU": 1.0}, 4),
        ([(True, {"CPU": 4.0, "GPU": 1.0}), (True, {"CPU": 4.0})], {"CPU": 1.0, "GPU": 1.0}, 1),
        ([(True, {"memory": 1e9})], {"CPU": 1.0}, 0),
    ],
    ids=["no piece on two nodes", "dead nodes", "cards", "no cores"],
)
def test_how_many_at_a_time(nodes, wanted, times):
    assert slots(Nodes(*nodes), wanted) == times


def test_what_no_node_has_is_told_of_since_one_may_come():
    progress = RecordingProgress()
    warn_if_none(Nodes((True, {"CPU": 2.0})), {"CPU": 2.0}, progress)
    assert progress.events == []
    warn_if_none(Nodes((True, {"CPU": 2.0})), {"CPU": 4.0}, progress)
    assert progress.of("warn") == [("no node of the cluster has 4 CPU at present; waiting for one that does",)]
