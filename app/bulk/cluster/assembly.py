"""One file of all parts: their bytes one after another, finished as the writer of one machine finishes them."""

import shutil
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Protocol

from app.bulk.cluster.places import Place
from app.bulk.cluster.slices import Slice
from app.bulk.formats import open_reader, open_writer
from app.bulk.rows import PredictionColumns
from model.bundle import Bundle


class Columns(Protocol):
    """What of a job says which columns there are."""

    @property
    def text_column(self) -> str:
        """The column with the texts."""

    @property
    def prefix(self) -> str:
        """Before the names of the new ones."""


def assemble(
    source: Place, target: Place, folder: Place, slices: Sequence[Slice], bundle: Bundle, job: Columns
) -> None:
    """Make `target` of the parts in `folder`. Raises `InputError` or `OutputError`."""
    with source.on_disk() as path, tempfile.TemporaryDirectory(dir=(folder / "rows").working_folder()) as name:
        rows = Path(name) / "rows"
        with rows.open("wb") as whole:
            for piece in slices:
                with (folder / piece.part).on_disk() as part, part.open("rb") as file:
                    shutil.copyfileobj(file, whole, 1 << 20)
        reader = open_reader(path, job.text_column, slices[0].columns)
        added = PredictionColumns(bundle.manifest.labels, job.prefix)
        target.take(open_writer(Path(target.name), path, reader, added).finish(rows))
