import contextlib
import gzip
import hashlib
import itertools
import os
import resource
from dataclasses import replace

import pytest

from app.bulk import run as module
from app.bulk.errors import InputError, OutputError, ResumeError
from app.bulk.job import Job
from app.bulk.progress import Silent
from app.bulk.run import run
from app.bulk.workplace import Workplace
from tests.app.bulk.files import ADDED, COLUMNS, read, rows, write
from tests.app.fakes import FakeEngine, fake_serving

FORMATS = (".csv", ".tsv", ".jsonl", ".parquet")
EXPECTED = {1: ("few", 0.5, 0.5), 2: ("many", 1 / 3, 2 / 3), 3: ("many", 0.25, 0.75)}


class Killed(BaseException):
    """Ends a run as a kill does: nothing is tidied up by whoever knows of errors."""


class MortalEngine(FakeEngine):
    """Dies in the run of that number, from 1."""

    def __init__(self, runs):
        super().__init__()
        self._runs = runs

    def probabilities(self, ids):
        if len(self.batches) + 1 == self._runs:
            raise Killed
        return super().probabilities(ids)


class Recorder(Silent):
    """Remembers what it is told."""

    def __init__(self):
        self.resumed = 0
        self.shares = []

    def resuming(self, rows):
        self.resumed = rows

    def advance(self, share, rows):
        self.shares.append((share, rows))


@pytest.fixture(autouse=True)
def checkpoint_after_every_batch(monkeypatch):
    monkeypatch.setattr(module, "CHECKPOINT_EVERY_S", -1)


def start(source, target, engine=None, watcher=None, version=7, **options):
    serving = fake_serving(engine, version)
    return run(Job(source, target, 20_000, **options), serving.bundle, lambda _: serving, watcher or Silent())


def expected(row):
    text = row["text"]
    known = sum(word != "four" for word in text.split())
    if not text:
        return dict.fromkeys(ADDED[:4]) | {"error": "text is blank"}
    return dict(zip(ADDED, (*EXPECTED[min(known, 3)], known, None), strict=True))


def comparable(row):
    """A row as CSV would have it, with probabilities as numbers."""
    plain = {name: "" if value is None else str(value) for name, value in row.items()}
    return plain | {name: pytest.approx(float(row[name])) if row[name] else "" for name in ADDED[1:3]}


@pytest.mark.parametrize(("of", "to"), [*itertools.product(FORMATS, repeat=2)])
def test_the_rows_of_any_format_come_out_in_any_other_with_their_predictions(tmp_path, of, to):
    content = rows(300)
    source, target = write(tmp_path / f"in{of}", content), tmp_path / f"out{to}"
    summary = start(source, target)
    assert (summary.rows, summary.bad_rows, summary.resumed_rows) == (300, 4, 0)
    found = read(target)
    assert list(found[0]) == COLUMNS + ADDED
    assert list(map(comparable, found)) == [comparable(row | expected(row)) for row in content]
    assert {path.name for path in tmp_path.iterdir()} == {source.name, target.name}


@pytest.mark.parametrize(("of", "to"), [*itertools.product((".csv", ".jsonl", ".parquet"), repeat=2)])
def test_a_run_killed_anywhere_goes_on_where_it_was_to_the_same_output(tmp_path, of, to):
    content = rows(9000)
    source = write(tmp_path / f"in{of}", content)
    start(source, tmp_path / f"whole{to}")
    target = tmp_path / f"out{to}"
    for runs in (1, 20, 30, 3):
        with contextlib.suppress(Killed):
            start(source, target, MortalEngine(runs))
        assert not target.exists()
    watcher, last = Recorder(), FakeEngine()
    summary = start(source, target, last, watcher)
    assert summary.resumed_rows == watcher.resumed > 4000
    assert sum(last.batches) == sum(row["text"] != "" for row in content[watcher.resumed :])
    assert (summary.rows, summary.bad_rows) == (9000, 93)
    if to == ".parquet":
        assert read(target) == read(tmp_path / f"whole{to}")
    else:
        assert target.read_bytes() == (tmp_path / f"whole{to}").read_bytes()
    assert not (tmp_path / f".out{to}.bulk").exists()


def test_a_compressed_input_is_gone_on_with_too(tmp_path):
    plain = write(tmp_path / "in.csv", rows(9000))
    source = tmp_path / "in.csv.gz"
    source.write_bytes(gzip.compress(plain.read_bytes()))
    start(plain, tmp_path / "whole.csv")
    with pytest.raises(Killed):
        start(source, tmp_path / "out.csv", MortalEngine(60))
    watcher = Recorder()
    assert start(source, tmp_path / "out.csv", watcher=watcher).resumed_rows > 4000
    assert (tmp_path / "out.csv").read_bytes() == (tmp_path / "whole.csv").read_bytes()


def test_progress_is_told_up_to_the_whole(tmp_path):
    for kind in FORMATS[::2]:
        watcher = Recorder()
        start(write(tmp_path / f"in{kind}", rows(5000)), tmp_path / f"out{kind}", watcher=watcher)
        assert [count for _, count in watcher.shares] == [2048, 4096, 5000]
        assert watcher.shares == sorted(watcher.shares)
        assert watcher.shares[-1][0] == 1


@pytest.fixture
def unfinished(tmp_path):
    """The input of a run that was killed, and its output to be."""
    source = write(tmp_path / "in.csv", rows(9000))
    with pytest.raises(Killed):
        start(source, tmp_path / "out.csv", MortalEngine(50))
    return source, tmp_path / "out.csv"


def changed_input(source, target):
    write(source, rows(9001))
    return {}


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (changed_input, r"input: \.csv of .* bytes, sha256 .*, now \.csv of .* bytes, sha256 "),
        (lambda *_: {"version": 8}, r"model: fake 7, sha256 .*, now fake 8, sha256 "),
        (lambda *_: {"prefix": "p_"}, r"--prefix: '', now 'p_'"),
        (lambda *_: {"text_column": "note"}, r"--text-column: text, now note"),
    ],
)
def test_a_run_that_would_be_another_is_refused_with_what_differs(unfinished, change, said):
    options = change(*unfinished)
    with pytest.raises(ResumeError, match=said):
        start(*unfinished, **options)
    summary = start(*unfinished, **options, restart=True)
    assert summary.resumed_rows == 0
    assert len(read(unfinished[1])) == summary.rows


@pytest.mark.parametrize(
    ("limit", "device", "said"),
    [(20_000, "gpu", "device: cpu, now gpu"), (10, "cpu", "TERCET_MAX_TEXT_CHARACTERS: 20000, now 10")],
)
def test_another_device_or_limit_is_another_run(unfinished, limit, device, said):
    source, target = unfinished
    serving = replace(fake_serving(), device=device)
    with pytest.raises(ResumeError, match=said):
        run(Job(source, target, limit), serving.bundle, lambda _: serving, Silent())


def test_a_file_that_was_moved_is_the_same_input(unfinished):
    source, target = unfinished
    source = source.rename(source.with_name("moved.csv"))
    assert start(source, target).resumed_rows > 0


def test_an_output_that_exists_is_kept_unless_it_may_be_replaced(tmp_path):
    source = write(tmp_path / "in.csv", rows(10))
    target = tmp_path / "out.csv"
    target.write_text("precious")
    with pytest.raises(OutputError, match="exists already. Remove it, or write over it: --overwrite"):
        start(source, target)
    assert target.read_text() == "precious"
    with pytest.raises(Killed):
        start(source, target, MortalEngine(1), overwrite=True)
    assert target.read_text() == "precious"
    start(source, target, overwrite=True)
    assert len(read(target)) == 10


def test_a_kill_after_the_output_is_in_its_place_does_no_harm(tmp_path, monkeypatch):
    source, target = write(tmp_path / "in.csv", rows(10)), tmp_path / "out.csv"
    with monkeypatch.context() as patched:
        patched.setattr(Workplace, "discard", lambda _: None)
        start(source, target)
    before = target.read_bytes()
    assert (tmp_path / ".out.csv.bulk" / "state.json").exists()
    summary = start(source, target, overwrite=True)
    assert summary.resumed_rows == 0
    assert target.read_bytes() == before
    assert not (tmp_path / ".out.csv.bulk").exists()


@pytest.mark.parametrize("name", ["in.csv", "link.csv", "hard.csv"])
def test_the_input_is_never_the_output(tmp_path, name):
    source = write(tmp_path / "in.csv", rows(10))
    (tmp_path / "link.csv").symlink_to(source)
    (tmp_path / "hard.csv").hardlink_to(source)
    with pytest.raises(OutputError, match="is the input"):
        start(source, tmp_path / name, overwrite=True)
    assert read(source) == rows(10)


@pytest.mark.parametrize(
    ("source", "target", "error", "said"),
    [
        ("absent.csv", "out.csv", InputError, r"absent\.csv is not there"),
        ("folder.csv", "out.csv", InputError, r"folder\.csv is no file"),
        ("in.csv", "folder.csv", OutputError, r"folder\.csv is a folder"),
        ("in.csv", "absent/out.csv", OutputError, "There is no folder .*absent"),
        ("in.csv", "out.txt", OutputError, r"out\.txt: the name of an output ends in"),
    ],
)
def test_names_that_cannot_be_are_refused(tmp_path, source, target, error, said):
    write(tmp_path / "in.csv", rows(10))
    (tmp_path / "folder.csv").mkdir()
    before = sorted(tmp_path.iterdir())
    with pytest.raises(error, match=said):
        start(tmp_path / source, tmp_path / target)
    assert sorted(tmp_path.iterdir()) == before


@pytest.mark.parametrize(
    ("content", "kind", "said"),
    [
        ('{"text": "one"}\n{"text": "two", "error": ""}\n', ".jsonl", r"'error' already.*--prefix predicted_"),
        ("label,text\na,one\n", ".csv", r"'label' already.*--prefix predicted_"),
        ("id,id,text\n1,2,one\n", ".csv", None),
    ],
)
def test_nothing_is_written_where_columns_clash(tmp_path, content, kind, said):
    source = tmp_path / f"in{kind}"
    source.write_text(content)
    if said is None:
        start(source, tmp_path / "out.csv")
        assert (tmp_path / "out.csv").read_text().startswith("id,id,text,label,")
        with pytest.raises(InputError, match=r"'id' more than once, which out\.jsonl cannot hold"):
            start(source, tmp_path / "out.jsonl")
        return
    with pytest.raises(InputError, match=said):
        start(source, tmp_path / f"out{kind}")
    assert [path.name for path in tmp_path.iterdir()] == [source.name]
    start(source, tmp_path / f"out{kind}", prefix="predicted_")
    assert "predicted_error" in (tmp_path / f"out{kind}").read_text()


def test_bad_rows_stay_in_their_places(tmp_path):
    source = tmp_path / "in.csv"
    source.write_bytes(b'text,id\none,1\n,2\nthree\ntw\xffo,4\n"open,5\nthree,6\n')
    summary = start(source, tmp_path / "out.jsonl")
    found = read(tmp_path / "out.jsonl")
    assert [(row["id"], row["label"], row["error"]) for row in found] == [
        ("1", "few", None),
        ("2", None, "text is blank"),
        ("", None, "line 4: 1 field instead of 2"),
        ("4", None, "line 5 is not UTF-8: byte 0xFF at position 3"),
        ("", None, "line 6 has a double quote that is misplaced or never closed"),
        ("6", "many", None),
    ]
    assert (summary.rows, summary.bad_rows) == (6, 4)


@pytest.mark.parametrize(("of", "content"), [(".csv", "text\n"), (".jsonl", ""), (".jsonl", "\n\n")])
@pytest.mark.parametrize("to", [".csv", ".jsonl", ".parquet"])
def test_no_rows_are_an_output_without_rows(tmp_path, of, content, to):
    source = tmp_path / f"in{of}"
    source.write_text(content)
    summary = start(source, tmp_path / f"out{to}")
    assert (summary.rows, summary.words) == (0, 0)
    assert read(tmp_path / f"out{to}") == []


def test_a_full_disk_keeps_what_is_done(tmp_path):
    source, target = write(tmp_path / "in.csv", rows(9000)), tmp_path / "out.csv"
    start(source, tmp_path / "whole.csv")
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, ((tmp_path / "whole.csv").stat().st_size // 2, limits[1]))
    try:
        with pytest.raises(OutputError, match=r"Cannot write .*out\.csv: File too large\. What is done is kept"):
            start(source, target)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    assert not target.exists()
    assert 2048 <= start(source, target).resumed_rows <= 4500
    assert target.read_bytes() == (tmp_path / "whole.csv").read_bytes()


@pytest.mark.parametrize("content", [b"text,id,note\none,9,x\n", None])
def test_an_input_that_changes_meanwhile_is_found(tmp_path, content):
    source, target = write(tmp_path / "in.csv", rows(10)), tmp_path / "out.csv"
    serving = fake_serving()

    def load(_):
        source.write_bytes(content or source.read_bytes())
        os.utime(source, (1, 1))
        return serving

    job = Job(source, target, 20_000)
    if content is None:
        assert run(job, serving.bundle, load, Silent()).rows == 10
    else:
        with pytest.raises(InputError, match="was changed while it was read. Start afresh with --restart"):
            run(job, serving.bundle, load, Silent())
        assert not target.exists()


def test_an_input_that_may_not_be_read_is_said_to_be(tmp_path, monkeypatch):
    source = write(tmp_path / "in.csv", rows(10))
    monkeypatch.setattr(hashlib, "file_digest", lambda *_: os.read(-1, 1))
    with pytest.raises(InputError, match=r"in\.csv cannot be read: Bad file descriptor"):
        start(source, tmp_path / "out.csv")
