"""`python -m app bulk` as a person runs it, with a real network of toy size."""

import csv
import json
import signal
import subprocess
import sys
import time

import pyarrow.parquet as pq
import pytest

from tests.app.process import LONGEST_START_S, environment, run

TEXTS = ("the sea was calm", "a storm", "snow", "words that nobody knows")


def bulk(models, *arguments, cwd, **variables):
    return run("bulk", *map(str, arguments), cwd=cwd, DATA=models.parent, **variables)


def write(path, count):
    with path.open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["text", "label"])
        writer.writerows([f"{TEXTS[number % len(TEXTS)]} {'calm ' * (number % 3)}", number] for number in range(count))
    return path


@pytest.fixture
def source(tmp_path):
    return write(tmp_path / "in.csv", 1000)


def test_a_file_comes_out_with_the_probabilities_that_the_service_would_give(tmp_path, toy_models, source):
    source.write_text(source.read_text() + ",blank\n")
    done = bulk(toy_models, "in.csv", "out.parquet", "--prefix", "predicted_", cwd=tmp_path)
    assert (done.returncode, done.stderr) == (0, "")
    first, second, third = done.stdout.splitlines()
    assert first.startswith("out.parquet: 1,001 rows, ")
    assert first.endswith(" rows/s, by toy 1 on cpu.")
    assert second == "1 row could not be classified; the column predicted_error says why."
    assert third.endswith("% of the words are unknown to the model.")
    table = pq.read_table(tmp_path / "out.parquet").to_pylist()
    assert list(table[0]) == [
        "text",
        "label",
        "predicted_label",
        "predicted_probability_calm",
        "predicted_probability_storm",
        "predicted_probability_thaw",
        "predicted_known_words",
        "predicted_error",
    ]
    assert [row["label"] for row in table] == [*map(str, range(1000)), "blank"]
    assert [row["predicted_known_words"] for row in table[:4]] == [4, 3, 3, 0]
    assert table[-1]["predicted_error"] == "text is blank"
    expected = probabilities(toy_models, [row["text"] for row in table[:-1]])
    for row, numbers in zip(table, expected, strict=False):
        given = [row[f"predicted_probability_{label}"] for label in ("calm", "storm", "thaw")]
        assert given == pytest.approx(numbers, abs=1e-5)
        assert row["predicted_label"] == ("calm", "storm", "thaw")[given.index(max(given))]


def probabilities(models, texts):
    from model.bundle import verify
    from model.savedmodel import SavedModelEngine

    bundle = verify(models / "toy" / "1")
    return SavedModelEngine(bundle).probabilities(bundle.encoder.encode(texts)[0]).tolist()


def test_quiet_says_nothing(tmp_path, toy_models, source):
    done = bulk(toy_models, source, "out.jsonl", "--prefix", "p_", "--quiet", cwd=tmp_path)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    assert json.loads((tmp_path / "out.jsonl").read_text().splitlines()[999])["label"] == "999"


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (("in.csv", "out.csv"), 1, "in.csv has a column 'label' already. Give the new columns other names: --prefix"),
        (("in.csv", "out.csv", "--text-column", "body"), 1, "in.csv has no column 'body'; it has 'text', 'label'."),
        (("in.csv", "in.csv", "--overwrite"), 1, "in.csv is the input."),
        (("in.csv", "out.txt"), 1, "out.txt: the name of an output ends in"),
        (("absent.csv", "out.csv"), 1, "absent.csv is not there."),
        (("in.csv", "out.csv", "--model", "nobody"), 1, "there are: toy."),
        (("in.csv", "out.csv", "--version", "9"), 1, "toy has no version 9; there are: 1."),
        (("in.csv",), 2, "Missing argument 'OUT'"),
        (("in.csv", "out.csv", "--version", "0"), 2, "'--version'"),
    ],
)
def test_what_cannot_be_is_said_and_leaves_nothing(tmp_path, toy_models, source, arguments, code, said):
    done = bulk(toy_models, *arguments, cwd=tmp_path)
    assert (done.returncode, done.stdout) == (code, "")
    assert said in done.stderr
    assert len(done.stderr.splitlines()) == 1 or code == 2
    assert [path.name for path in tmp_path.iterdir()] == ["in.csv"]


def test_killed_interrupted_and_run_once_more_it_gives_the_bytes_of_a_run_that_was_left_alone(tmp_path, toy_models):
    write(tmp_path / "in.csv", 300_000)
    arguments = ("in.csv", "out.csv", "--prefix", "p_")
    assert bulk(toy_models, "in.csv", "whole.csv", "--prefix", "p_", cwd=tmp_path).returncode == 0
    state = tmp_path / ".out.csv.bulk" / "state.json"

    killed = started(toy_models, arguments, tmp_path)
    wait_for_more_rows(killed, state, 0)
    killed.kill()
    killed.communicate()
    already = rows_of(state)

    interrupted = started(toy_models, arguments, tmp_path)
    wait_for_more_rows(interrupted, state, already)
    interrupted.send_signal(signal.SIGINT)
    _, said = interrupted.communicate(timeout=LONGEST_START_S)
    assert interrupted.returncode == 130
    assert said.splitlines()[-1] == "Stopped. The same command goes on from where this run was."
    assert not (tmp_path / "out.csv").exists()

    last = bulk(toy_models, *arguments, cwd=tmp_path)
    assert last.returncode == 0
    (going_on,) = last.stderr.splitlines()
    assert going_on.startswith("Going on after ")
    assert (tmp_path / "out.csv").read_bytes() == (tmp_path / "whole.csv").read_bytes()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["in.csv", "out.csv", "whole.csv"]


def started(models, arguments, folder):
    return subprocess.Popen(
        [sys.executable, "-m", "app", "bulk", *arguments],
        cwd=folder,
        env=environment(DATA=models.parent),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def rows_of(state):
    return json.loads(state.read_text())["rows"] if state.exists() else 0


def wait_for_more_rows(process, state, rows):
    """Return once there is a checkpoint beyond `rows`."""
    deadline = time.monotonic() + LONGEST_START_S
    while rows_of(state) <= rows:
        assert process.poll() is None, process.communicate()
        assert time.monotonic() < deadline
        time.sleep(0.02)
