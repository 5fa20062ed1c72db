"""`--help` of every command: it says what each option is for and what it is when left out."""

import inspect
import re
from collections.abc import Callable

import pytest

from training.cli import learning, looking, using, vectors
from training.cli.crossval import crossval
from training.cli.tune import tune

COMMANDS: dict[str, Callable[..., None]] = {
    "train": learning.train,
    "crossval": crossval,
    "tune": tune,
    "check": looking.check,
    "presets": looking.presets,
    "import": learning.import_,
    "evaluate": using.evaluate,
    "predict": using.predict,
    "fetch-vectors": vectors.fetch_vectors,
    "pack-vectors": vectors.pack_vectors,
}


@pytest.mark.parametrize("how", [(), ("--help",), ("-h",)])
def test_without_a_command_all_of_them_are_listed(cli, how):
    ended = cli(*how)
    assert [name for name in COMMANDS if name not in ended.out + ended.err] == []
    assert "Traceback" not in ended.err


@pytest.mark.parametrize("name", COMMANDS)
def test_the_help_of_a_command_says_what_it_does(cli, name):
    ended = cli(name, "--help")
    assert ended.code == 0
    assert str(inspect.getdoc(COMMANDS[name])).split(".")[0] in " ".join(ended.out.split())


@pytest.mark.parametrize("name", COMMANDS)
def test_every_option_is_explained(name):
    for parameter in inspect.signature(COMMANDS[name]).parameters.values():
        (info,) = getattr(parameter.annotation, "__metadata__", [None])
        assert info is not None, parameter.name
        assert info.help, parameter.name


@pytest.mark.parametrize(
    ("name", "defaults"),
    [
        (
            "train",
            {
                "--name": "the data file's",
                "--text-column": "text",
                "--label-column": "label, author, class",
                "--vectors": "box",
                "--preset": "accurate",
                "--epochs": "the preset's",
                "--seed": "0",
                "--models": "var/models",
                "--cache": "var/cache",
                "--device": "auto",
            },
        ),
        (
            "crossval",
            {"--preset": "accurate", "--folds": "10", "--only": "all of them", "--processes": "half the cores"},
        ),
        ("tune", {"--trials": "20", "--folds": "3", "--study": "data-preset", "--storage": "var/tuning/<study>.db"}),
        ("import", {"--sequence-length": "the model's", "--padding": "pre", "--truncating": "pre"}),
        ("evaluate", {"--bundle": "the model that serves", "--models": "var/models"}),
        ("predict", {"--bundle": "the model that serves"}),
        ("fetch-vectors", {"--to": "var/cache/glove.6B.zip", "--sha256": "glove.6B.zip's"}),
        ("pack-vectors", {"--count": "50000", "--dimension": "100"}),
    ],
)
def test_defaults_are_told(cli, name, defaults):
    text = " ".join(" ".join(line.strip("│ ").split()) for line in cli(name, "--help").out.splitlines())
    for option, default in defaults.items():
        (told,) = re.findall(r"\[default: \(?(.*?)\)?\]", text[text.index(f" {option} ") :])[:1]
        assert told.startswith(default), option


def test_brackets_in_help_are_text(cli):
    assert ".zip[:member]" in cli("train", "--help").out


@pytest.mark.parametrize(
    "arguments",
    [
        ("train",),
        ("trian",),
        ("train", "--data", "x.csv", "--epoch", "1"),
        ("train", "--data", "x.csv", "--epochs", "many"),
        ("train", "--data", "x.csv", "--device", "tpu"),
        ("predict",),
        (
            "import",
            "--keras-model",
            "m",
            "--keras-tokenizer",
            "t",
            "--labels",
            "a,b",
            "--name",
            "n",
            "--padding",
            "left",
        ),
        ("fetch-vectors", "--size-bytes", "big"),
    ],
    ids=" ".join,
)
def test_wrong_usage_ends_with_2_and_says_what_is_wrong(cli, arguments):
    ended = cli(*arguments)
    assert ended.code == 2
    assert ended.out == ""
    assert "Error" in ended.err
    assert "Traceback" not in ended.err
