"""The folded network in TensorFlow: equal to Keras for any rows, compiled or not, and where its parts lie."""

import json
import os
import re
import subprocess
import sys
import threading
import weakref
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from model import folded_engine
from model.folded_engine import BATCH_SIZES, FoldedEngine, plan
from model.folded_graph import WEIGHTS, WIDE_WEIGHTS, graphs
from model.folding import fold
from tests.bundles import TOY
from tests.model.networks import WIDE, manifest_of, network_of, random_ids, weights_of

ROOT = Path(__file__).parents[2]
TOLERANCE = 1e-5
IDS = random_ids(TOY, 300)


def engine_of(network, **facts):
    folded = fold(manifest_of(network, hyper_parameters=facts), weights_of(network))
    assert folded is not None
    return FoldedEngine(folded, network.input_shape[-1])


@pytest.fixture(scope="module")
def network():
    return network_of(TOY)


@pytest.fixture(scope="module")
def expected(network):
    """What Keras answers for IDS."""
    return np.asarray(network(IDS, training=False))


@pytest.fixture(scope="module")
def uncompiled(network):
    return engine_of(network)


@pytest.fixture(scope="module")
def compiled(network):
    engine = engine_of(network)
    engine.compile()
    return engine


@pytest.fixture(params=["uncompiled", "compiled"])
def engine(request):
    return request.getfixturevalue(request.param)


def test_any_number_of_rows_is_answered_as_keras_does(engine, expected):
    for rows in [*range(1, 131), 192, 300]:
        given = engine.probabilities(IDS[:rows])
        assert given.shape == (rows, 3)
        assert given.dtype == np.float32
        np.testing.assert_allclose(given, expected[:rows], rtol=0, atol=TOLERANCE, err_msg=f"{rows} rows")


def test_no_rows_are_no_answers(engine):
    assert engine.probabilities(IDS[:0]).shape == (0, 3)


def test_rows_do_not_depend_on_those_beside_them(engine):
    alone = np.concatenate([engine.probabilities(row[None]) for row in IDS[:70]])
    np.testing.assert_allclose(engine.probabilities(IDS[:70]), alone, rtol=0, atol=1e-6)


SHAPES = {
    "46 windows of which 44 are pooled": {"sequence_length": 50, "width": 5, "pool": 4},
    "one step": {"sequence_length": 4, "width": 2, "pool": 3},
    "one window": {"sequence_length": 2, "width": 2, "pool": 1},
    "one id": {"sequence_length": 1, "width": 1, "pool": 1},
    "pools of one": {"pool": 1},
    "width of one": {"width": 1},
    "width of the whole": {"width": 7},
    "one filter of one dimension": {"filters": 1, "embedding_dim": 1},
    "one unit": {"units": 1},
    "two classes": {"classes": 2},
    "five classes": {"classes": 5},
}
WITH_WIDE_PART = {
    "one id, one bucket": {"sequence_length": 1, "width": 1, "pool": 1, "ngram_buckets": 1},
    "ids that no pool takes": {"sequence_length": 9, "pool": 3},
    "two classes": {"classes": 2},
    "as many buckets as there may be, vectors in single precision": {
        "ngram_buckets": 65_536,
        "embedding_dtype": "float32",
    },
}


@pytest.mark.parametrize("changes", SHAPES.values(), ids=SHAPES)
def test_a_network_of_any_shape_is_answered_as_keras_does(changes, monkeypatch):
    monkeypatch.setattr(folded_engine, "BATCH_SIZES", (1, 3))
    check_every_size(replace(TOY, **changes))


@pytest.mark.parametrize("changes", WITH_WIDE_PART.values(), ids=WITH_WIDE_PART)
def test_a_network_with_a_wide_part_of_any_shape_is_answered_as_keras_does(changes, monkeypatch):
    monkeypatch.setattr(folded_engine, "BATCH_SIZES", (1, 3))
    check_every_size(replace(WIDE, **changes))


def check_every_size(config):
    """Some ids at random, some of the last rows with padding in front, the very last of padding alone."""
    network, ids = network_of(config), random_ids(config, 8)
    for row, padding in ((5, 1), (6, config.sequence_length // 2), (7, config.sequence_length)):
        ids[row, :padding] = 0
    engine, expected = engine_of(network, pool=config.pool), np.asarray(network(ids, training=False))
    np.testing.assert_allclose(engine.probabilities(ids), expected, rtol=0, atol=TOLERANCE)
    engine.compile()
    for rows in range(1, 9):
        np.testing.assert_allclose(engine.probabilities(ids[:rows]), expected[:rows], rtol=0, atol=TOLERANCE)


def test_ids_that_no_pool_takes_change_nothing():
    config = replace(TOY, sequence_length=50, width=5, pool=4)
    engine, ids = engine_of(network_of(config)), random_ids(config, 4)
    before = engine.probabilities(ids)
    changed = ids.copy()
    changed[:, 48:] = 11 - changed[:, 48:]
    np.testing.assert_array_equal(engine.probabilities(changed), before)
    changed[:, 47] = 11 - changed[:, 47]
    assert (engine.probabilities(changed) != before).any()


def runs_of(engine):
    return [engine._graphs.uncompiled, *engine._compiled.values()]


def definition_of(run):
    call_flat, *_ = run.args
    return call_flat.__self__.cached_definition


def test_no_graph_holds_weights_of_its_own(compiled):
    assert len(runs_of(compiled)) == 1 + len(BATCH_SIZES)
    for run in runs_of(compiled):
        constants = [node for node in definition_of(run).node_def if node.op == "Const"]
        assert constants
        assert max(node.attr["value"].tensor.ByteSize() for node in constants) < 64


def test_networks_of_one_form_share_what_was_compiled_and_answer_each_by_its_own_weights(network):
    first = engine_of(network)
    first.compile()
    config = replace(TOY, vocabulary_size=TOY.vocabulary_size + 7)
    second, ids = network_of(config, seed=1), random_ids(config, 70)
    other, expected = engine_of(second), np.asarray(second(ids, training=False))
    np.testing.assert_allclose(other.probabilities(ids), expected, rtol=0, atol=TOLERANCE)
    other.compile()
    assert other._compiled == first._compiled
    for rows in (1, 4, 70):
        np.testing.assert_allclose(other.probabilities(ids[:rows]), expected[:rows], rtol=0, atol=TOLERANCE)


def test_an_engine_that_is_gone_leaves_no_weights_behind(network):
    kept = engine_of(network)
    kept.compile()
    engine = engine_of(network)
    engine.compile()
    engine.probabilities(IDS)
    weights = [weakref.ref(tensor) for tensor in engine._weights]
    del engine
    assert [reference() for reference in weights] == [None] * len(WEIGHTS)


@pytest.mark.parametrize("config", [replace(TOY, units=6), WIDE], ids=["more units", "a wide part"])
def test_networks_of_different_forms_share_nothing(compiled, config):
    assert engine_of(network_of(config))._graphs is not compiled._graphs


def test_networks_with_a_wide_part_share_graphs_and_answer_each_by_its_own_tables_and_temperature():
    first = engine_of(network_of(WIDE))
    config = replace(WIDE, vocabulary_size=WIDE.vocabulary_size + 7)
    second, ids = network_of(config, seed=1), random_ids(config, 9)
    other = engine_of(second)
    assert other._graphs is first._graphs
    assert len(other._weights) == len(WEIGHTS) + len(WIDE_WEIGHTS)
    np.testing.assert_allclose(other.probabilities(ids), second(ids, training=False), rtol=0, atol=TOLERANCE)


def test_the_tables_of_the_wide_part_stay_small():
    tables = engine_of(network_of(WIDE))._weights[-len(WIDE_WEIGHTS) :]
    assert [tensor.dtype.name for tensor in tables] == ["float16", "uint16", "int8", "float32", "float32"]


def test_the_graph_for_each_size_is_compiled_by_xla_and_the_one_for_any_is_not(compiled):
    assert list(compiled._compiled) == list(BATCH_SIZES)
    first, *others = runs_of(compiled)
    assert not definition_of(first).attr["_XlaMustCompile"].b
    for run in others:
        assert definition_of(run).attr["_XlaMustCompile"].b


def test_few_rows_are_worth_no_hand_over_once_they_are_compiled(uncompiled, compiled):
    assert uncompiled.inline_rows == 0
    assert compiled.inline_rows == BATCH_SIZES[1]


def test_compiling_while_others_ask_changes_no_answer(network, expected):
    graphs.cache_clear()
    engine = engine_of(network)
    done = threading.Event()
    wrong: list[object] = []
    calls = [0] * 3

    def ask(number):
        random = np.random.default_rng(number)
        while not done.is_set() or calls[number] < 200:
            start, rows = random.integers(0, 170), random.integers(1, 130)
            given = engine.probabilities(IDS[start : start + rows])
            if np.abs(given - expected[start : start + rows]).max() > TOLERANCE:
                wrong.append((start, rows))
            calls[number] += 1

    threads = [threading.Thread(target=ask, args=(number,)) for number in range(3)]
    for thread in threads:
        thread.start()
    engine.compile()
    done.set()
    for thread in threads:
        thread.join(60)
    assert not wrong
    assert min(calls) >= 200


@pytest.mark.parametrize(("sizes", "call_cost"), [((1, 4, 16, 64), 4), ((1, 3), 4), ((2, 5, 9), 0), ((1, 32), 100)])
def test_the_plan_costs_the_least_of_all_ways_to_run_the_rows(sizes, call_cost):
    first = plan(sizes, call_cost)
    assert len(first) == sizes[-1] + 1
    least = [0]
    for rows in range(1, sizes[-1] + 1):
        least.append(min(call_cost + size + least[max(rows - size, 0)] for size in sizes))
        cost, left = 0, rows
        while left > 0:
            assert first[left] in sizes
            cost += call_cost + first[left]
            left -= first[left]
        assert cost == least[rows]


def test_rows_are_run_in_the_sizes_of_the_plan(compiled, monkeypatch):
    sizes: list[int] = []

    def noted(size, run):
        def run_noted(weights, ids):
            assert len(ids) == size
            sizes.append(size)
            return run(weights, ids)

        return run_noted

    monkeypatch.setattr(compiled, "_compiled", {size: noted(size, run) for size, run in compiled._compiled.items()})
    for rows, expected in (
        (1, [1]),
        (2, [4]),
        (4, [4]),
        (5, [4, 1]),
        (64, [64]),
        (65, [64, 1]),
        (150, [64, 64, 16, 4, 4]),
    ):
        sizes.clear()
        compiled.probabilities(IDS[:rows])
        assert sorted(sizes, reverse=True) == expected, rows


# Two processors of one's own, as two cards would be; then a card that is not there, which TensorFlow may not replace.
PLACEMENT = """
import json, sys
import numpy as np
import tensorflow as tf
from model.folded_engine import FoldedEngine
from model.folding import fold
from tests.model.networks import WIDE, manifest_of, network_of, random_ids, weights_of

tf.debugging.set_log_device_placement(True)
(processor,) = tf.config.list_physical_devices("CPU")
tf.config.set_logical_device_configuration(processor, [tf.config.LogicalDeviceConfiguration()] * 2)
ids = random_ids(WIDE, 4)
network = network_of(WIDE)
expected = np.asarray(network(ids, training=False))
folded = fold(manifest_of(network), weights_of(network))

def differences(engine):
    return [float(np.abs(engine.probabilities(ids[:rows]) - expected[:rows]).max()) for rows in (1, 2, 4)]

def says(call):
    try:
        return str(call())
    except tf.errors.InvalidArgumentError as error:
        return str(error)

engine = FoldedEngine(folded, 8, "CPU:1")
print("UNCOMPILED", file=sys.stderr, flush=True)
report = {"weights": [weight.device for weight in engine._weights], "uncompiled": differences(engine)}
print("COMPILED", file=sys.stderr, flush=True)
engine.compile()
report["compiled"] = differences(engine)
print("END", file=sys.stderr, flush=True)

card = FoldedEngine(folded, 8, "GPU:0")
report["inline on a card"] = [card.inline_rows, card.compile(), card.inline_rows]
report["card"] = differences(card)
tf.config.set_soft_device_placement(False)
report["asked"] = [says(lambda: FoldedEngine(folded, 8, "GPU:0")), says(lambda: card.probabilities(ids[:3])),
                   says(lambda: card._graphs.uncompiled(card._weights, ids))]
with open(sys.argv[1], "w") as file:
    json.dump(report, file)
"""


@pytest.fixture(scope="module")
def placement(tmp_path_factory):
    """What a process with two logical processors reports, and what TensorFlow logged of where operations ran."""
    path = tmp_path_factory.mktemp("placement") / "report.json"
    done = subprocess.run(
        [sys.executable, "-c", PLACEMENT, str(path)],
        cwd=ROOT,
        env=os.environ | {"TF_CPP_MIN_LOG_LEVEL": "0"},  # another test's import of TensorFlow may have silenced it
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-3000:]
    return json.loads(path.read_text()), done.stderr


def section(log, first, last):
    return log.partition(f"\n{first}\n")[2].partition(f"\n{last}\n")[0]


def test_weights_lie_on_the_device_that_was_chosen(placement):
    report, _ = placement
    assert {device.rpartition("/device:")[2] for device in report["weights"]} == {"CPU:1"}


def test_the_answers_are_the_same_on_any_device(placement):
    report, _ = placement
    assert max(report["uncompiled"] + report["compiled"] + report["card"]) <= TOLERANCE


def test_every_operation_of_the_graph_runs_on_the_device_that_was_chosen(placement):
    _, log = placement
    ran = re.findall(r"placer\.cc:\d+\] (\S+): \((\w+)\): \S+/device:(\w+:\d)", section(log, "UNCOMPILED", "COMPILED"))
    assert {kind for _, kind, _ in ran} >= {"GatherV2", "Max", "Relu", "MatMul", "Tanh", "BitwiseAnd", "Softmax"}
    elsewhere = {kind for _, kind, device in ran if device != "CPU:1"}
    assert elsewhere <= {"_Arg"}  # ids come from the host


def test_what_was_compiled_runs_on_the_device_that_was_chosen(placement):
    _, log = placement
    ran = re.findall(
        r"Executing op __inference_probabilities_\d+ in device \S+/device:(\w+:\d)", section(log, "COMPILED", "END")
    )
    assert len(ran) >= len(BATCH_SIZES)
    assert set(ran) == {"CPU:1"}


def test_on_a_card_nothing_is_asked_of_the_processor_and_nothing_runs_on_the_event_loop(placement):
    report, _ = placement
    assert all("Could not satisfy device specification" in said and "device:GPU:0" in said for said in report["asked"])
    assert report["inline on a card"] == [0, None, 0]
