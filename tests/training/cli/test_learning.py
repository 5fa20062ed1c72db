"""`train`, `check` and `import` from the command line: options in, a result or one clear line out."""

import errno
import json
import shutil
import warnings
from dataclasses import replace
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
from keras.src.legacy.preprocessing.text import Tokenizer as KerasTokenizer

from model import phrases
from model.bundle import CARD, verify
from model.registry import Registry
from tests.training.small import SMALL, write_glove, write_messages
from training import pipeline, presets
from training.account import report_contents
from training.cli.learning import _name_after
from training.data.dataset import load_dataset
from training.evaluation import evaluate


@pytest.fixture(autouse=True)
def small(monkeypatch):
    """The preset of the tests, and no report, which is drawn elsewhere."""
    monkeypatch.setitem(presets.PRESETS, "small", SMALL)
    monkeypatch.setattr(pipeline, "write_report", lambda folder, contents: None)


@pytest.fixture
def data(tmp_path):
    return write_messages(tmp_path / "messages.csv")


@pytest.fixture
def train(cli, data, tmp_path):
    def run(*options):
        where = ("--models", tmp_path / "models", "--cache", tmp_path / "cache", "--preset", "small")
        return cli("train", "--data", data, "--vectors", "none", *where, *options)

    return run


def test_train_registers_a_version_and_tells_a_person(train, tmp_path):
    ended = train()
    folder = tmp_path / "models" / "messages" / "1"
    assert ended.code == 0
    assert ended.out.startswith(f"messages version 1 is in {folder} and serves\nOn 9 held-out rows it ")
    assert "baseline  log loss" in ended.out
    lines = ended.err.splitlines()
    manifest: Any = verify(folder).manifest
    assert lines[0] == "computing on the CPU"
    assert [line.split("  ")[0] for line in lines[1:]] == [
        "reading messages.csv",
        "epoch 1 of 2",
        "epoch 2 of 2",
        f"kept the weights of epoch {manifest.training['best']['epoch']}, the best on the validation rows",
        "evaluate",
        "export",
    ]
    assert manifest.preset == "small"


def test_train_tells_a_machine_in_json_alone(train, tmp_path):
    ended = train("--json")
    assert (ended.code, ended.err) == (0, "")
    assert [event["event"] for event in ended.events].count("result") == 1
    result = ended.events[-1]
    assert result["event"] == "result"
    assert (result["version"], result["serves"]) == (1, True)
    assert result["evaluation"]["rows"] == result["baseline"]["rows"] == 9
    stages = [event["stage"] for event in ended.events if event["event"] == "stage"]
    assert stages[1:] == ["epoch 1 of 2", "epoch 2 of 2", "evaluate", "export"]
    progress = [event for event in ended.events if event["event"] == "progress" and "loss" in event]
    assert {event["stage"] for event in progress} == {"epoch 1 of 2", "epoch 2 of 2"}
    assert all(event["total"] == 9 for event in progress)
    last = [event for event in progress if "validation_loss" in event]
    assert [event["validation_loss"] for event in last] == [
        record["validation_loss"] for record in result["history"]["records"]
    ]


def test_every_option_reaches_the_run(cli, data, tmp_path):
    glove = write_glove(tmp_path / "six.txt", dimension=6)
    content = data.read_text(encoding="utf-8").replace("text,label", "body,kind")
    data.write_text(content, encoding="utf-8")
    numbers = {"epochs": 3, "batch-size": 9, "learning-rate": 0.01, "patience": 2, "seed": 5, "embedding-dim": 6}
    options = [part for name, value in numbers.items() for part in (f"--{name}", value)]
    columns = ("--text-column", "body", "--label-column", "kind")
    where = ("--models", tmp_path / "m", "--cache", tmp_path / "cache", "--device", "cpu", "--name", "other")
    ended = cli("train", "--data", data, "--vectors", glove, "--preset", "small", *columns, *options, *where)
    assert ended.code == 0, ended.err
    manifest = verify(tmp_path / "m" / "other" / "1").manifest
    training, network = manifest.training, manifest.network
    assert [training[name] for name in ("epochs", "batch_size", "learning_rate", "patience", "seed")] == [
        3,
        9,
        0.01,
        2,
        5,
    ]
    assert network["embedding_dim"] == 6
    assert manifest.vectors["source"] == "six.txt"
    assert list((tmp_path / "cache").iterdir())


def test_labels_get_the_names_that_people_read(train, one_line, tmp_path):
    train("--label-names", "c0=Class nought, c2=Class two")
    assert verify(tmp_path / "models" / "messages" / "1").manifest.label_names == {
        "c0": "Class nought",
        "c2": "Class two",
    }
    message = one_line(train("--label-names", "c0"))
    assert message.endswith("Give them as --label-names 'A=First name,B=Second name'.")


def test_promote_makes_the_new_version_serve(train, tmp_path):
    train()
    assert "does not serve yet: python -m app models promote 2 --name messages" in train().out
    assert "version 3 is in" in train("--promote", "always").out
    assert Registry(tmp_path / "models").current("messages") == 3


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (("--epochs", "0"), "epochs is 0; it must be a whole number from 1 to 10000."),
        (("--learning-rate", "-1"), "learning_rate is -1.0; it must be in (0, 1]."),
        (("--learning-rate", "nan"), "learning_rate is nan; it must be in (0, 1]."),
        (("--batch-size", "0"), "batch_size is 0;"),
        (("--seed", "-3"), "seed is -3;"),
        (("--embedding-dim", "0"), "embedding_dim is 0;"),
        (("--preset", "huge"), "There is no preset 'huge'; there are: accurate, reference"),
        (("--name", "../up"), "'../up' is no name for a model:"),
        (("--vectors", "nowhere.txt"), "nowhere.txt"),
        (("--vectors", "box"), "has 100 dimensions, 4 are asked for. Train with --embedding-dim 100"),
    ],
)
def test_a_bad_value_is_one_clear_line(train, one_line, tmp_path, options, said):
    assert said in one_line(train(*options))
    assert Registry(tmp_path / "models").names() == []


def test_a_device_that_is_not_there_is_one_clear_line(train, one_line, monkeypatch):
    monkeypatch.setattr("model.device.tf.config.list_physical_devices", lambda kind: [])
    assert "A GPU was asked for, but TensorFlow sees none." in one_line(train("--device", "gpu"))


def test_a_file_that_is_not_there_is_one_clear_line(cli, one_line, tmp_path):
    ended = cli("train", "--data", tmp_path / "no [such] file.csv", "--models", tmp_path / "models")
    assert "no [such] file.csv: there is no such file" in one_line(ended)


def test_a_full_disk_is_one_clear_line(train, one_line, monkeypatch, tmp_path):
    def full(*_):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr("model.durable.write_bytes", full)
    message = one_line(train())
    assert message == "No space left on device. Nothing half-written is left."
    assert Registry(tmp_path / "models").names() == []


def test_a_folder_that_cannot_be_made_is_one_clear_line(train, one_line, tmp_path):
    (tmp_path / "file").write_text("", encoding="utf-8")
    message = one_line(train("--models", tmp_path / "file"))
    assert message.startswith(str(tmp_path / "file"))


def test_an_error_for_machines_is_the_last_object(train):
    ended = train("--epochs", "0", "--json")
    assert (ended.code, ended.err) == (1, "")
    message = "epochs is 0; it must be a whole number from 1 to 10000."
    assert ended.events == [{"event": "error", "message": message, "type": "ConfigError"}]


def test_several_problems_of_a_file_are_a_list(cli, tmp_path):
    path = tmp_path / "bad.csv"
    path.write_text("text,label\na,b\na,c,d\n,b\n", encoding="utf-8")
    for command in ("check", "train"):
        ended = cli(command, "--data", path)
        assert (ended.code, ended.out) == (1, "")
        head, *problems = ended.err[ended.err.index("error: ") :].splitlines()
        assert head == "error: bad.csv: 4 problems"
        assert all(line.startswith("- ") for line in problems)
        assert [problem[2:].split(":")[0] for problem in problems] == [
            "ragged rows",
            "one class only",
            "too few rows",
            "empty text",
        ]


@pytest.mark.parametrize(
    ("file", "name"),
    [
        ("spooky.csv", "spooky"),
        ("shop-messages.csv.gz", "shop-messages"),
        ("my data (1).csv", "my-data-1"),
        ("Grüße.csv", "Gr-e"),
        ("_x_.csv", "x"),
        ("短文.csv", "model"),
        (".csv", "model"),
        (f"{'x' * 80}.csv", "x" * 64),
    ],
)
def test_a_model_is_named_after_its_file(file, name):
    assert _name_after(Path("some") / "folder.d" / file) == name
    assert Registry(Path("models")).home(name).name == name


@pytest.fixture(scope="module")
def keras_files(tmp_path_factory):
    folder = tmp_path_factory.mktemp("keras")
    layers = keras.layers
    network = keras.Sequential(
        [keras.Input((5,)), layers.Embedding(9, 2), layers.Flatten(), layers.Dense(2, activation="softmax")]
    )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # of NumPy, inside Keras
        network.save(folder / "model.keras")
    tokenizer = KerasTokenizer(num_words=9)
    tokenizer.fit_on_texts(["the sea was calm", "a storm came"])
    (folder / "tokenizer.json").write_text(tokenizer.to_json(), encoding="utf-8")
    return folder


@pytest.fixture
def import_files(cli, keras_files, tmp_path):
    def run(*options, folder=keras_files, labels="calm, storm"):
        files = ("--keras-model", folder / "model.keras", "--keras-tokenizer", folder / "tokenizer.json")
        return cli("import", *files, "--labels", labels, "--name", "sea", "--models", tmp_path / "models", *options)

    return run


def test_import_registers_a_version_with_the_labels_in_order(import_files, tmp_path):
    ended = import_files()
    folder = tmp_path / "models" / "sea" / "1"
    assert (ended.code, ended.out, ended.err) == (0, f"sea version 1 is in {folder}\n", "")
    assert verify(folder).manifest.labels == ("calm", "storm")
    assert import_files("--promote", "--padding", "post", "--truncating", "post", "--json").events == [
        {"event": "result", "name": "sea", "version": 2, "folder": str(folder.with_name("2"))}
    ]
    assert Registry(tmp_path / "models").current("sea") == 2
    manifest = verify(folder.with_name("2")).manifest
    assert (manifest.padding, manifest.truncating) == ("post", "post")


def test_an_imported_network_has_names_too_and_no_phrases(import_files, tmp_path):
    for options in (("--label-names", "storm=A storm"), ()):
        import_files(*options, "--promote")
    bundle = verify(tmp_path / "models" / "sea" / "2")
    assert bundle.manifest.label_names == {"storm": "A storm"}
    assert phrases.read(bundle) is None


def test_import_of_what_does_not_fit_is_one_clear_line(import_files, one_line, keras_files, tmp_path):
    assert "gives (batch, 2) for 3 labels" in one_line(import_files(labels="a,b,c"))
    assert "must all be there and different" in one_line(import_files(labels="a,,b"))
    assert "takes 5 ids, not 6" in one_line(import_files("--sequence-length", "6"))
    broken = shutil.copytree(keras_files, tmp_path / "broken")
    (broken / "model.keras").write_bytes(b"no model")
    assert "model.keras is no Keras model" in one_line(import_files(folder=broken))
    assert Registry(tmp_path / "models").names() == []


@pytest.fixture
def losing(monkeypatch):
    """A network whose figures are worse than the baseline's, whatever it learnt."""

    def worse(*arguments, **options):
        contents = report_contents(*arguments, **options)
        return replace(contents, evaluation=replace(contents.evaluation, log_loss=9.0))

    monkeypatch.setattr(pipeline, "report_contents", worse)


@pytest.mark.usefixtures("losing")
def test_a_network_that_loses_is_ruled_out_by_its_exit_code_and_not_promoted(train, tmp_path):
    first = train("--require-better-than-baseline")
    assert first.code == 4
    assert "error: messages version 1 is registered, but it loses to the baseline: it serves all the same" in first.err
    ended = train("--require-better-than-baseline", "--promote", "always", "--json")
    assert ended.code == 4
    result, error = ended.events[-2:]
    assert (result["event"], result["version"], result["serves"], result["beats_baseline"]) == (
        "result",
        2,
        False,
        False,
    )
    assert result["verdict"]["outcome"] == "loses"
    assert result["promotion"]["reason"] == "It does not beat the baseline, which was required."
    assert (error["event"], error["type"]) == ("error", "BelowBaselineError")
    assert error["message"].endswith("loses to the baseline: it was not promoted.")
    assert Registry(tmp_path / "models").current("messages") == 1


@pytest.mark.usefixtures("losing")
def test_without_that_option_a_network_that_loses_is_told_of_with_advice(train):
    ended = train()
    assert ended.code == 0
    assert "LOSES to the baseline" in ended.out
    assert "The network loses to the baseline.\n  - " in ended.out
    assert "Try another preset or more rows" in ended.out


@pytest.mark.parametrize("asked", [False, True])
def test_the_network_s_learning_curve_is_made_when_asked_for(train, tmp_path, monkeypatch, asked):
    def on_a_quarter(prepared, retraining, progress):
        return {18: evaluate(np.full((3, 3), 1 / 3), np.arange(3, dtype=np.int32), prepared.dataset.labels)}

    monkeypatch.setattr(pipeline, "network_curve", on_a_quarter)
    train(*(["--learning-curve"] if asked else []))
    metrics: Any = verify(tmp_path / "models" / "messages" / "1").manifest.metrics
    points = metrics["learning_curve"]
    assert [(point["rows"], point["log_loss"] is not None) for point in points] == [
        (9, False),
        (18, asked),
        (36, False),
        (72, True),
    ]
    assert all(point["baseline_log_loss"] > 0 for point in points)


def test_cross_validated_figures_go_into_manifest_and_card(train, one_line, tmp_path, data):
    figures = {"log_loss": 0.3125, "accuracy": 0.9, "macro_f1": 0.89, "expected_calibration_error": 0.01}
    document = {
        "kind": "crossval",
        "complete": True,
        "data": {"fingerprint": load_dataset(data).fingerprint},
        "preset": "small",
        "hyper_parameters": {"network": {}, "training": {"epochs": 2}},
        "settings": {"folds": 5, "seeds": [0], "command": "python -m training crossval --data messages.csv"},
        "mean": figures,
        "standard_error": figures,
        "pooled": figures | {"rows": 90},
        "baseline": {"pooled": figures},
    }
    path = tmp_path / "crossval.json"
    path.write_text(json.dumps(document), encoding="utf-8")
    assert train("--crossval", path).code == 0
    bundle = verify(tmp_path / "models" / "messages" / "1")
    metrics: Any = bundle.manifest.metrics
    assert metrics["crossval"]["pooled"] == figures
    card = (bundle.folder / CARD).read_text(encoding="utf-8")
    assert "| log loss | 0.3125 ± 0.3125 | 0.3125 | 0.3125 |" in card
    assert "python -m training train --data messages.csv --name messages --vectors none --preset small --seed 0" in card
    assert str(tmp_path) not in card
    refused = one_line(train("--crossval", path, "--epochs", "1"))
    assert "The cross-validation has another epochs than this run." in refused
