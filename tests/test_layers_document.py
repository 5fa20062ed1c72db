"""What docs/layers.md says is true: each shape and count of the network, each number of its sentence, each figure."""

import ast
import contextlib
import json
import operator
import re
from pathlib import Path

import numpy as np
import pytest

from app.explain_request import ExplainRequest
from model.bundle import TOKENIZER, verify
from model.explanation.integrated_gradients import LARGEST_GAP, STEPS
from model.network import build, count_parameters, describe_layers
from model.network_config import NetworkConfig
from model.savedmodel import SavedModelEngine
from scripts.draw_layers import BUNDLE, FOLDER, SENTENCE
from scripts.layer_figures import FIGURES
from scripts.layer_figures.walk import walk

ROOT = Path(__file__).parents[1]
DOCUMENT = (ROOT / "docs" / "layers.md").read_text(encoding="utf-8")
PROSE = " ".join(DOCUMENT.split())
FORMULAS = re.findall(r"`([\d ,.()+/·-]+) = ([\d ,.()+/·-]+)`", PROSE)
OPERATIONS = {ast.Add: operator.add, ast.Sub: operator.sub, ast.Mult: operator.mul, ast.Div: operator.truediv}


@pytest.fixture(scope="module")
def bundle():
    return verify(BUNDLE)


@pytest.fixture(scope="module")
def saved(bundle):
    return SavedModelEngine(bundle)


@pytest.fixture(scope="module")
def seen(bundle):
    return walk(bundle, SENTENCE)


@pytest.fixture(scope="module")
def network():
    config = NetworkConfig()
    return build(config, np.zeros((config.vocabulary_size, config.embedding_dim), np.float32))


def table(first: str) -> list[list[str]]:
    """The rows of the table whose head begins with `first`, without their backticks."""
    (found,) = re.findall(rf"^\| {first} \|.*\n\|[-:| ]+\|\n((?:\|.*\n)+)", DOCUMENT, re.MULTILINE)
    return [[cell.strip(" `") for cell in line.strip("|").split("|")] for line in found.splitlines()]


def worked_out(arithmetic: str) -> float:
    """The value of numbers, brackets and + - · /, written with thousands' commas."""

    def value(node: ast.expr) -> float:
        if isinstance(node, ast.BinOp):
            return float(OPERATIONS[type(node.op)](value(node.left), value(node.right)))
        assert isinstance(node, ast.Constant)
        return float(str(node.value))

    return value(ast.parse(arithmetic.replace(",", "").replace("·", "*"), mode="eval").body)


@pytest.mark.parametrize(("one", "other"), FORMULAS, ids=[f"{one} = {other}" for one, other in FORMULAS])
def test_both_sides_of_an_equation_are_equal(one, other):
    assert worked_out(one) == pytest.approx(worked_out(other), rel=1e-12)


def test_the_table_of_layers_is_that_of_the_network(network):
    said = [
        (name, kind, [int(size) for size in re.findall(r"\d+", shape)], int(parameters.replace(",", "")))
        for name, kind, shape, parameters, _ in table("layer")
    ]
    layers = describe_layers(network)
    assert said == [(layer["name"], layer["kind"], layer["shape"], layer["parameters"]) for layer in layers]
    learnt = {row[0]: row[4] for row in table("layer")}
    assert learnt == {
        layer["name"]: "yes" if layer["trainable"] else "no" if layer["parameters"] else "" for layer in layers
    }


def test_each_count_is_derived_from_the_sizes_of_the_network(network):
    c, counts = NetworkConfig(), count_parameters(network)
    derived = {
        "embedding": f"{c.vocabulary_size:,}·{c.embedding_dim}",
        "convolution": f"{c.width}·{c.embedding_dim}·{c.filters} + {c.filters}",
        "lstm": f"4·({c.units}·({c.filters} + {c.units}) + {c.units})",
        "probabilities": f"{c.units}·{c.classes} + {c.classes}",
    }
    for layer in describe_layers(network):
        if layer["parameters"]:
            assert (derived[layer["name"]], f"{layer['parameters']:,}") in FORMULAS
    every = [f"{layer['parameters']:,}" for layer in describe_layers(network) if layer["parameters"]]
    assert (" + ".join(every), f"{counts['total']:,}") in FORMULAS
    assert (" + ".join(every[1:]), f"{counts['trainable']:,}") in FORMULAS


def test_each_length_is_derived_from_the_sizes_of_the_network():
    c = NetworkConfig()
    left_over = c.windows - c.steps * c.pool
    assert (f"{c.sequence_length} - {c.width} + 1", f"{c.windows}") in FORMULAS
    assert (f"{c.steps}·{c.pool} + {left_over}", f"{c.windows}") in FORMULAS
    assert (f"{c.pool} + {c.width} - 1", "8") in FORMULAS
    last, seen = c.windows - left_over - 1, c.windows - left_over - 1 + c.width
    assert f"windows 0 to {last}, which see `{last} + {c.width} = {seen}` positions, 0 to {seen - 1}." in PROSE
    assert f"Nothing reads the positions {seen} and {c.sequence_length - 1}" in PROSE
    assert (f"{c.steps}·{c.filters}", "704") in FORMULAS


def test_the_sentence_becomes_the_ids_that_the_table_says(bundle):
    assert f"> {SENTENCE}\n" in DOCUMENT
    ids, (counts,) = bundle.encoder.encode([SENTENCE])
    assert f"has {counts.total} words, of which the vocabulary has {counts.known}." in PROSE
    (padding, *rows) = table("position")
    words = [token for token in bundle.encoder.tokenizer.tokens(SENTENCE) if token.id is not None]
    assert padding == [f"0 to {49 - len(words)}", "padding", "0"]
    start = 50 - len(words)
    assert rows == [[str(start + n), word.word, str(word.id)] for n, word in enumerate(words)]
    assert ids[0].tolist() == [0] * start + [int(row[2]) for row in rows]


def test_the_nearest_words_are_those_of_the_embedding(bundle, seen):
    vectors = seen.weights["embedding/embeddings"]
    unit = vectors / np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1e-9)
    index = bundle.encoder.tokenizer.word_index
    spelled = {id_: word for word, id_ in index.items()}
    rows = table("word")
    assert len(rows) == 4
    for word, nearest in rows:
        cosines = unit @ unit[index[word]]
        best = [id_ for id_ in np.argsort(-cosines) if id_ != index[word]][:3]
        assert nearest == ", ".join(f"{spelled[id_]} {cosines[id_]:.2f}" for id_ in best)


def test_words_without_a_vector_are_rows_of_zeros(bundle, seen):
    vectors, index = seen.weights["embedding/embeddings"], bundle.encoder.tokenizer.word_index
    empty = {word for word, id_ in index.items() if id_ < len(vectors) and not vectors[id_].any()}
    assert f"{len(empty):,} of the {len(vectors) - 1:,} words" in PROSE
    known = {word for word, id_ in index.items() if id_ < len(vectors)}
    assert {word for word in known if len(word) == 1 and word.isalpha()} <= empty
    assert "a" in empty
    assert len(known) == len(vectors) - 1 < len(index)
    assert not vectors[0].any()


def test_the_rows_it_learnt_from_are_as_many_as_it_says(bundle):
    counts = json.loads(json.loads((bundle.folder / TOKENIZER).read_text(encoding="utf-8"))["config"]["word_counts"])
    assert f'"dares", which they have {counts["dares"]} times' in PROSE
    assert f"{bundle.manifest.data.split['train']:,} sentences" in PROSE


def test_a_filter_is_worked_out_as_the_network_does_it(seen):
    window, filter_ = seen.strongest
    bias, shares = seen.weights["convolution/bias"][filter_], seen.shares(window, filter_)
    rows = table(f"filter {filter_}")
    assert rows == [
        *([word, f"{share:.3f}"] for word, share in zip(seen.phrase(window).split(), shares, strict=True)),
        ["bias", f"{bias:.3f}"],
        ["sum", f"{seen.outputs['convolution'][window, filter_]:.3f}"],
    ]
    assert seen.cut_off(window, filter_) == window + 2
    assert f"the sum is {seen.shares(window + 2, filter_).sum() + bias:.2f}." in PROSE


def test_what_relu_and_pooling_leave_is_as_it_says(seen):
    windows, pooled = seen.outputs["convolution"], seen.outputs["pooling"]
    share, active = (windows > 0).mean(), int((windows > 0).any(axis=0).sum())
    assert f"leaves {share:.1%} of these numbers above zero, in {active} of the 64".replace("%", " %") in PROSE
    assert not windows[:26].any()
    assert (seen.weights["convolution/bias"] <= 0).all()
    taken = windows[: len(pooled) * 4]
    assert f"Of {taken.size:,} numbers in the eleven groups" in PROSE
    assert f"{pooled.size} stay" in PROSE
    assert f"{np.count_nonzero(taken)} were above zero, {np.count_nonzero(pooled)} still are." in PROSE


def test_the_last_two_words_of_a_text_change_nothing(bundle, saved):
    ids, _ = bundle.encoder.encode([SENTENCE])
    others = np.repeat(ids, 20, axis=0)
    others[:, 48:] = np.random.default_rng(0).integers(0, bundle.manifest.vocabulary_size, (20, 2))
    assert np.ptp(saved.probabilities(others), axis=0).max() == 0
    others[:, 47] = others[:, 48]
    assert np.ptp(saved.probabilities(others), axis=0).max() > 0


def test_padding_moves_the_state_and_has_an_answer(bundle, saved, seen):
    lengths = np.linalg.norm(seen.outputs["lstm_states"], axis=1)
    assert f"is {lengths[0]:.2f} after the first step and {lengths[5]:.2f} after the sixth" in PROSE
    assert not seen.outputs["pooling"][:6].any()
    assert seen.outputs["pooling"][6].any()
    (answer,) = saved.probabilities(np.zeros((1, 50), np.int32))
    said = ", ".join(f"{label} {share:.3f}" for label, share in zip(bundle.manifest.labels, answer, strict=True))
    assert f"{said}. It means nothing" in PROSE


def test_the_equations_of_the_lstm_give_its_states(seen):
    """As the document writes them, with the weights in Keras's order i, f, g, o."""
    kernel, recurrent = seen.weights["lstm/lstm_cell/kernel"], seen.weights["lstm/lstm_cell/recurrent_kernel"]
    h = c = np.zeros(len(recurrent), np.float32)
    for x, state in zip(seen.outputs["pooling"], seen.outputs["lstm_states"], strict=True):
        gates = np.split(x @ kernel + h @ recurrent + seen.weights["lstm/lstm_cell/bias"], 4)
        i, f, o = (1 / (1 + np.exp(-gates[n])) for n in (0, 1, 3))
        c = f * c + i * np.tanh(gates[2])
        h = o * np.tanh(c)
        np.testing.assert_allclose(h, state, atol=1e-5)


def test_logits_powers_and_probabilities_are_those_of_the_network(bundle, seen):
    logits, probabilities = seen.outputs["logits"], seen.outputs["probabilities"]
    powers = np.exp(logits.astype(np.float64))
    assert table("class") == [
        [label, *(f"{figure[n]:.3f}" for figure in (logits, powers, probabilities))]
        for n, label in enumerate(bundle.manifest.labels)
    ]


def test_the_words_numbers_add_up_as_it_says(seen):
    given = seen.explanation.attributions
    difference = given.logit - given.baseline_logit
    assert f"is {given.logit:.3f} for the text and {given.baseline_logit:.3f} for padding alone" in PROSE
    assert f"a difference of {difference:.3f}. The words' numbers sum to {given.values.sum():.3f}." in PROSE
    assert f"What is missing, {given.gap:.3f} or {given.relative_gap:.1%} of".replace("%", " %") in PROSE
    assert f"cut into {given.steps} points" in PROSE
    assert f"up to {STEPS[-1]:,} points where it is above {LARGEST_GAP:.0%}".replace("%", " %") in PROSE


def test_what_it_says_of_single_words_is_so(seen):
    tokens, given = seen.explanation.tokens, seen.explanation.attributions
    shares = {token.word: float(share) for token, share in zip(tokens, given.values, strict=True)}
    assert f'"tower" counts {shares["tower"]:.3f} here' in PROSE
    assert shares["a"] == shares["its"] == shares["door"] == shares["harrowmere"] == 0
    without = {other.word: other for other in seen.explanation.what_if}
    assert f"the probability falls by {-without['door'].change:.3f} without it" in PROSE
    for word in ("its", "open"):
        np.testing.assert_array_equal(without[word].probabilities, without["door"].probabilities)


def test_the_request_is_one_that_explain_takes():
    ((path, body),) = re.findall(r"^curl -s 'http://127.0.0.1:8000(/\S+)' -d '(.*)'$", DOCUMENT, re.MULTILINE)
    assert path == "/explain"
    assert ExplainRequest.model_validate_json(body).text == SENTENCE


def test_the_python_example_prints_each_shape(capsys):
    (code,) = re.findall(r"```python\n(.*?)```", DOCUMENT, re.DOTALL)
    with contextlib.chdir(ROOT):
        exec(code, {})
    printed = capsys.readouterr().out.splitlines()
    assert {"embedding (1, 50, 100)", "convolution (1, 46, 64)", "pooling (1, 11, 64)"} <= set(printed)


def test_each_figure_is_there_and_shown_once():
    shown = re.findall(r"!\[[^]]{40,}\]\(images/layers/(\w+)\.png\)", DOCUMENT)
    assert sorted(shown) == sorted(FIGURES)
    assert all((FOLDER / f"{name}.png").stat().st_size < 150_000 for name in shown)
