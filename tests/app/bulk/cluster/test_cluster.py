"""On a real cluster of three nodes, of which one dies on the way."""

import csv
import json
import signal
import subprocess
import sys
import time

import pytest

pytestmark = pytest.mark.ray

FILES, ROWS = 9, 400
LONGEST_S = 300


def rows(count, seed):
    words = ["the", "storm", "came", "over", "a", "calm", "sea", "at", "night"]
    for number in range(count):
        text = " ".join(words[(number * seed + step) % len(words)] for step in range(8))
        yield number, "" if number % 97 == 5 else f'{text}, "{number}"'


@pytest.fixture(scope="module")
def folder(tmp_path_factory, toy_models):
    folder = tmp_path_factory.mktemp("bulk")
    (folder / "data").mkdir()
    (folder / "data" / "models").symlink_to(toy_models)
    (folder / "in").mkdir()
    for number in range(FILES):
        with (folder / "in" / f"{number}.csv").open("w", newline="") as file:
            csv.writer(file).writerows([("id", "text"), *rows(ROWS, number + 1)])
    return folder


@pytest.fixture
def bulk(cluster, folder):
    def start(*words, **options):
        command = [sys.executable, "-m", "app", "bulk", *map(str, words)]
        environment = cluster.environment | {"TERCET_DATA": str(folder / "data"), "TERCET_MODEL": "toy"}
        return subprocess.Popen(
            command, cwd=folder, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, **options
        )

    return start


def said(process):
    out, errors = process.communicate(timeout=LONGEST_S)
    return process.returncode, out, errors


@pytest.fixture
def expected(bulk, folder):
    """What one machine makes of one of the files."""
    path = folder / "one-machine.csv"
    if not path.exists():
        assert said(bulk("in/0.csv", path))[0] == 0
    return path.read_bytes()


def wait_for_a_part(run, folder):
    deadline = time.monotonic() + LONGEST_S
    while not [*(folder / ".tercet").glob("*.csv.json")]:
        assert run.poll() is None, run.communicate()
        assert time.monotonic() < deadline
        time.sleep(0.02)


def test_interrupted_and_run_again_on_fewer_nodes_every_byte_is_as_on_one_machine(bulk, cluster, folder, expected):
    out = folder / "out"
    run = bulk("in", "out", "--ray", cluster.address)
    wait_for_a_part(run, out)
    run.send_signal(signal.SIGINT)
    code, _, errors = said(run)
    assert (code, errors) == (130, "Stopped. The same command goes on from where this run was.\n")
    done = {path.name: path.stat().st_mtime_ns for path in out.glob("*.csv")}
    assert 0 < len(done) < FILES
    code, _, errors = said(bulk("in", "out", "--ray", cluster.address, "--prefix", "x_"))
    assert code == 1
    assert "--prefix: '', now 'x_'" in errors

    run = bulk("in", "out", "--ray", cluster.address)
    while len([*(out / ".tercet").glob("*.csv.json")]) <= len(done):
        assert run.poll() is None, run.communicate()
        time.sleep(0.02)
    cluster.kill(2)
    code, told, errors = said(run)
    assert (code, errors) == (0, f"Going on after {ROWS * len(done):,} rows.\n")
    assert f"out: {FILES * ROWS:,} rows, " in told
    bad = [number + 1 for number, text in rows(ROWS, 1) if not text]
    assert f"{FILES * len(bad)} rows could not be classified" in told
    assert {name: (out / name).stat().st_mtime_ns for name in done} == done
    names = [f"{number}-00000.csv" for number in range(FILES)]
    assert sorted(path.name for path in out.iterdir()) == sorted([*names, "_SUCCESS.json", "_bad_rows.jsonl"])
    assert (out / names[0]).read_bytes() == expected
    faults = [json.loads(line) for line in (out / "_bad_rows.jsonl").read_text().splitlines()]
    assert [fault["row"] for fault in faults] == bad * FILES


def test_one_file_becomes_one_file(bulk, cluster, folder, expected):
    code, _, errors = said(bulk("in/0.csv", "single.csv", "--ray", cluster.address))
    assert (code, errors) == (0, "")
    assert (folder / "single.csv").read_bytes() == expected
    assert (folder / "single.csv.bad_rows.jsonl").exists()
    assert not [*folder.glob(".single*")]
