"""What an actor does: slice after slice, each by the reader, the classifier and the writer of one machine.

Imported by the nodes. Nothing of Ray is in here: Ray Data calls `Scorer` as it would any class.
"""

import contextlib
import itertools
import json
import tempfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

from app.bulk.classification import COMPILE_AFTER_ROWS, BulkClassifier, Classified
from app.bulk.cluster.places import Place
from app.bulk.cluster.slices import Slice
from app.bulk.cluster.task import Files, Task, settings_of_a_core, unpacked
from app.bulk.columns import check_free
from app.bulk.formats import open_reader, open_writer
from app.bulk.rows import PredictionColumns, Reader, Writer
from app.loading import load_bundle
from app.model_host import Serving
from app.settings import Settings
from model.errors import TercetError

RECORDS = ".tercet"
"""The folder of what is known of finished parts, in that of the parts."""


@dataclass(slots=True)
class Done:
    """What a slice came to."""

    rows: int = 0
    bad_rows: int = 0
    words: int = 0
    known_words: int = 0

    def add(self, done: Classified) -> None:
        """A further batch."""
        self.rows += len(done.predictions)
        self.bad_rows += sum(prediction.fault is not None for prediction in done.predictions)
        self.words += done.words
        self.known_words += done.known_words


def total_of(parts: Iterable[Done]) -> Done:
    """All of them together."""
    total = Done()
    for part in parts:
        total.rows += part.rows
        total.bad_rows += part.bad_rows
        total.words += part.words
        total.known_words += part.known_words
    return total


class Scorer:
    """One core of a node, with a model loaded."""

    def __init__(self, task: Task, files: Files, slices: Sequence[Slice], settings: Settings) -> None:
        """The model is loaded with the first slice."""
        self._task, self._slices, self._settings = task, slices, settings_of_a_core(settings)
        self._files = files
        self._copy = contextlib.ExitStack()
        self._source, self._path = "", Path()
        self._uncompiled: Serving | None = None
        self._compiled: Serving | None = None

    def __call__(self, batch: Mapping[str, Any]) -> dict[str, Any]:
        """The slices of these numbers, one an entry; what went wrong with one is in `error`."""
        answers = [self._answer(int(number)) for number in batch["number"]]
        return {name: np.array([answer[name] for answer in answers]) for name in answers[0]}

    def _answer(self, number: int) -> dict[str, Any]:
        try:
            return {"number": number, "error": "", **asdict(self.score(self._slices[number]))}
        except (TercetError, OSError) as error:
            return {"number": number, "error": str(error) or type(error).__name__, **asdict(Done())}

    def score(self, piece: Slice) -> Done:
        """Write the part of `piece`, its bad rows and, last, its record."""
        target, records = Place(self._task.folder) / piece.part, Place(self._task.folder) / RECORDS
        serving, source = self._serving(piece.row), self._on_disk(piece.source)
        with tempfile.TemporaryDirectory(dir=(records / piece.part).working_folder()) as working:
            reader = open_reader(source, self._task.text_column, piece.columns)
            added = PredictionColumns(serving.bundle.manifest.labels, self._task.prefix)
            check_free([column.name for column in reader.columns], added, piece.source)
            writer = open_writer(Path(f"part{self._task.suffix}"), source, reader, added)
            rows, faults = Path(working) / "rows", Path(working) / "faults"
            done = self._write(piece, serving, reader, writer, rows, faults)
            target.take(writer.finish(rows) if self._task.whole_parts else rows)
            if done.bad_rows:
                (records / f"{piece.part}.bad").write(faults.read_bytes())
            (records / f"{piece.part}.json").write(json.dumps(asdict(done)).encode())
        return done

    def _write(self, piece: Slice, serving: Serving, reader: Reader, writer: Writer, rows: Path, faults: Path) -> Done:
        done = Done()
        classifier = BulkClassifier(serving, self._task.max_text_characters)
        batches = itertools.islice(reader.batches(piece.position), piece.batches)
        with rows.open("wb") as part, faults.open("wb") as bad:
            if self._task.whole_parts or piece.position is None:
                part.write(writer.header())
            for each in classifier.classify(batches, piece.row):
                part.write(writer.encode(each.batch, each.predictions))
                bad.writelines(_faults(piece, each, piece.row + done.rows))
                done.add(each)
        if piece.row < COMPILE_AFTER_ROWS <= piece.row + done.rows:  # the classifier has compiled it on the way
            self._compiled, self._uncompiled = serving, None
        return done

    def _serving(self, row: int) -> Serving:
        """The model as one machine would have it at that row: uncompiled at first, compiled later."""
        if row >= COMPILE_AFTER_ROWS:
            if self._compiled is None:
                self._compiled = self._load()
                self._compiled.compile()
            return self._compiled
        if self._uncompiled is None:
            self._uncompiled = self._load()
        return self._uncompiled

    def _load(self) -> Serving:
        """From a folder that is there no longer than that takes: an actor may be killed at any moment."""
        with tempfile.TemporaryDirectory(prefix="tercet-bundle-") as folder:
            return load_bundle(unpacked(self._files, self._task, Path(folder)), self._settings)

    def _on_disk(self, source: str) -> Path:
        """An input, copied where it is elsewhere; the slices of one mostly follow one another."""
        if source != self._source:
            self._source = ""
            self._copy.close()
            self._path = self._copy.enter_context(Place(source).on_disk())
            self._source = source
        return self._path


def _faults(piece: Slice, done: Classified, before: int) -> Iterator[bytes]:
    """A line of JSON for each row that was not classified; its text is in its own place."""
    for number, prediction in enumerate(done.predictions, before + 1):
        if prediction.fault is not None:
            yield json.dumps({"file": piece.source, "row": number, "error": prediction.fault}).encode() + b"\n"
