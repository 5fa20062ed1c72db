"""One bulk run: from the first look at the files to the output in its place, or as far as it got.

A run may end anywhere. The next one with the same identity goes on from the last checkpoint and writes the same rows.
"""

import hashlib
import os
import time
from collections.abc import Callable
from pathlib import Path
from typing import BinaryIO

from app.bulk.classification import BulkClassifier
from app.bulk.columns import check_free
from app.bulk.errors import InputError, OutputError
from app.bulk.formats import input_format, open_reader, open_writer, output_format
from app.bulk.job import Job, Summary, Watcher
from app.bulk.rows import PredictionColumns, Reader, Writer
from app.bulk.workplace import State, Workplace, check_same
from app.model_host import Serving
from model.bundle import Bundle
from model.manifest import seal
from model.version import __version__

CHECKPOINT_EVERY_S = 1.0


def run(job: Job, bundle: Bundle, load: Callable[[Bundle], Serving], watcher: Watcher) -> Summary:
    """Write the output, by the model that `load` makes of `bundle`.

    Raises `InputError`, `OutputError`, `ResumeError` or `MissingExtraError`, and what `load` raises; there is then
    no output, and what is done is kept for the next run.
    """
    check_paths(job)
    workplace = Workplace(job.target)
    try:
        with workplace.occupied():
            if job.target.exists() and not job.overwrite:
                raise OutputError(f"{job.target} exists already. Remove it, or write over it: --overwrite")
            return _Run(job, bundle, workplace, watcher).run(load)
    except OSError as error:
        kept = workplace.folder.exists()
        more = " What is done is kept; the same command goes on from there." if kept else ""
        raise OutputError(f"Cannot write {job.target}: {error.strerror or error}.{more}") from error


def check_paths(job: Job) -> None:
    """Raise where the names alone show that the run cannot be."""
    input_format(job.source)
    output_format(job.target)
    if not job.source.is_file():
        raise InputError(f"{job.source} is {'no file' if job.source.exists() else 'not there'}.")
    if job.target.is_dir():
        raise OutputError(f"{job.target} is a folder. Name a file in it.")
    if not job.target.parent.is_dir():
        raise OutputError(f"There is no folder {job.target.parent}.")
    if job.target.exists() and job.target.samefile(job.source):
        raise OutputError(f"{job.target} is the input. Name another output.")


class _Run:
    def __init__(self, job: Job, bundle: Bundle, workplace: Workplace, watcher: Watcher) -> None:
        self._job, self._bundle, self._workplace, self._watcher = job, bundle, workplace, watcher

    def run(self, load: Callable[[Bundle], Serving]) -> Summary:
        job = self._job
        if job.restart:
            self._workplace.clear()
        state = self._workplace.load()
        self._watcher.checking(job.source)
        before = job.source.stat()
        digest = _digest(job.source)
        reader = open_reader(job.source, job.text_column, state.columns if state else None)
        added = PredictionColumns(self._bundle.manifest.labels, job.prefix)
        check_free([column.name for column in reader.columns], added, job.source)
        writer = open_writer(job.target, job.source, reader, added)
        serving = load(self._bundle)
        identity = self._identity(digest, serving)
        if state is not None:
            check_same(state, identity, job.target)
            self._watcher.resuming(state.rows)
        state = state or State(identity, tuple(reader.columns))
        started = time.monotonic()
        end = self._classify(state, reader, writer, serving)
        self._check_unchanged(before, digest)
        self._workplace.publish(writer.finish(self._workplace.rows))
        seconds = time.monotonic() - started
        model = f"{serving.name} {serving.version} on {serving.device}"
        return Summary(model, end.rows, end.bad_rows, end.words, end.known_words, state.rows, seconds)

    def _classify(self, state: State, reader: Reader, writer: Writer, serving: Serving) -> State:
        """Do all rows after `state`, with a checkpoint now and then and at the end."""
        classifier = BulkClassifier(serving, self._job.max_text_characters)
        with self._workplace.appending(state.size) as rows:
            if state.position is None:
                rows.write(writer.header())
            saved = time.monotonic()
            for done in classifier.classify(reader.batches(state.position), state.rows):
                rows.write(writer.encode(done.batch, done.predictions))
                state = state.after(done, rows.tell())
                if time.monotonic() - saved > CHECKPOINT_EVERY_S:
                    self._save(state, rows)
                    saved = time.monotonic()
                self._watcher.advance(done.batch.done / max(1, reader.size), state.rows)
            self._save(state, rows)
        return state

    def _save(self, state: State, rows: BinaryIO) -> None:
        rows.flush()
        os.fsync(rows.fileno())
        self._workplace.save(state)

    def _identity(self, digest: str, serving: Serving) -> dict[str, str]:
        job = self._job
        sealed = hashlib.sha256(seal(self._bundle.manifest).encode("utf-8", "surrogatepass")).hexdigest()
        return {
            "input": f"{input_format(job.source)} of {job.source.stat().st_size:,} bytes, sha256 {digest}",
            "model": f"{serving.name} {serving.version}, sha256 {sealed}",
            "device": serving.device,
            "--text-column": job.text_column,
            "--prefix": repr(job.prefix),
            "TERCET_MAX_TEXT_CHARACTERS": str(job.max_text_characters),
            "Tercet": __version__,
        }

    def _check_unchanged(self, before: os.stat_result, digest: str) -> None:
        after = self._job.source.stat()
        touched = (after.st_size, after.st_mtime_ns) != (before.st_size, before.st_mtime_ns)
        if touched and _digest(self._job.source) != digest:
            raise InputError(f"{self._job.source} was changed while it was read. Start afresh with --restart.")


def _digest(path: Path) -> str:
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise InputError(f"{path} cannot be read: {error.strerror or error}.") from error
