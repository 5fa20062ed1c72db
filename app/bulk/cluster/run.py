"""A bulk run on a Ray cluster, from the machine that asks: what there is to do, who does it, and what came of it.

Ray Data hands slices to actors, one a core, and hands them out again where one is lost. No row passes through here.
"""

import contextlib
import hashlib
import logging
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from app.bulk.cluster import inputs
from app.bulk.cluster.assembly import assemble
from app.bulk.cluster.looking import Look
from app.bulk.cluster.places import Place
from app.bulk.cluster.records import BAD_ROWS, Records
from app.bulk.cluster.scoring import Scorer, total_of
from app.bulk.cluster.slices import Slice
from app.bulk.cluster.task import Task, packed
from app.bulk.errors import InputError, OutputError
from app.bulk.formats import FORMATS, input_format, output_format
from app.bulk.job import ClusterJob, Summary, Watcher
from app.settings import Settings
from model.bundle import Bundle
from model.cluster import connected
from model.errors import ClusterError
from model.manifest import seal
from model.version import __version__


def run(job: ClusterJob, bundle: Bundle, settings: Settings, watcher: Watcher) -> Summary:
    """Write the parts, or the one file, by the model of `bundle`.

    Raises `ClusterError`, `InputError`, `OutputError` or `ResumeError`; parts that are done are kept for the next run.
    """
    return _Run(job, bundle, settings, watcher).run()


class _Run:
    def __init__(self, job: ClusterJob, bundle: Bundle, settings: Settings, watcher: Watcher) -> None:
        self._job, self._bundle, self._settings, self._watcher = job, bundle, settings, watcher
        self._source, self._target = Place(_absolute(job.source)), Place(_absolute(job.target))
        self._inputs, self._left_alone = inputs.find(self._source)
        self._one_file = self._inputs == [self._source] and Path(self._target.name).suffix.lower() in FORMATS
        self._suffix = self._of_the_parts()
        self._folder = self._target.beside(f".{self._target.name}.parts") if self._one_file else self._target
        self._records = Records(self._folder)

    def run(self) -> Summary:
        job = self._job
        self._check_target()
        if self._left_alone:
            self._watcher.note(f"{self._left_alone:,} files of {job.source} end in no known way and are left alone.")
        with connected(job.address) as ray, _kept(ray):
            self._watcher.checking(Path(job.source))
            self._records.open(self._identity(), self._target, restart=job.restart, overwrite=job.overwrite)
            slices = Look(ray, job.text_column, self._suffix).slices(self._inputs)
            self._records.plan([piece.part for piece in slices])
            before = self._records.done(slices)
            if before:
                self._watcher.resuming(total_of(before.values()).rows)
            began = time.monotonic()
            cores = self._score(ray, slices, before)
            seconds = time.monotonic() - began
            nodes = sum(node["Alive"] and node["Resources"].get("CPU", 0) > 0 for node in ray.nodes())
        done = self._records.done(slices)
        self._finish(slices)
        where = f"{cores} core{'s' * (cores != 1)} of {nodes} node{'s' * (nodes != 1)} at {job.address}"
        model = f"{self._name_of_model()} on {where}"
        total, resumed = total_of(done.values()), total_of(before.values()).rows
        return Summary(model, total.rows, total.bad_rows, total.words, total.known_words, resumed, seconds)

    def _of_the_parts(self) -> str:
        """The ending of the output's names. Raises `InputError` or `OutputError`."""
        if self._one_file:
            return output_format(Path(self._target.name))
        if Path(self._target.name).suffix.lower() in FORMATS:
            raise OutputError(f"{self._job.target} is one file, and {self._job.source} are several. Name a folder.")
        kinds = sorted({input_format(Path(each.name)) for each in self._inputs})
        if self._job.format is not None:
            return output_format(Path(f"part.{self._job.format}"))
        if len(kinds) > 1:
            raise InputError(f"{self._job.source} holds {' and '.join(kinds)}. Choose one for the output: --format")
        return kinds[0]

    def _check_target(self) -> None:
        inputs.check_apart(self._source, self._inputs, self._target)
        finished = self._target if self._one_file else self._records.summary
        if finished.exists():
            if not self._job.overwrite:
                raise OutputError(f"{self._job.target} is there already. Remove it, or write over it: --overwrite")
        elif not self._records.began() and self._target.exists():
            for other in self._target.files():
                raise OutputError(f"{self._job.target} holds other files, such as {other.name}. Name a new folder.")

    def _score(self, ray: Any, slices: Sequence[Slice], before: Any) -> int:
        """Have what is missing scored; the cores that did. Raises `InputError` where parts could not be made."""
        missing = [number for number, piece in enumerate(slices) if piece.part not in before]
        cores = max(1, int(ray.cluster_resources().get("CPU", 1)))
        if not missing:
            return cores
        actors = min(cores, len(missing))
        wrong = []
        rows = total_of(before.values()).rows
        for count, answer in enumerate(self._answers(ray, slices, missing, actors), len(before) + 1):
            if answer["error"]:
                wrong.append(f"{slices[answer['number']].source}: {answer['error']}")
            rows += int(answer["rows"])
            self._watcher.advance(count / len(slices), rows)
        if wrong:
            more = f" (and {len(wrong) - 1} more)" if len(wrong) > 1 else ""
            raise InputError(f"{wrong[0]}{more} The other parts are kept; the same command goes on with these.")
        return actors

    def _answers(self, ray: Any, slices: Sequence[Slice], missing: list[int], actors: int) -> Iterator[dict[str, Any]]:
        from ray import data  # noqa: PLC0415 - an extra

        _silence(data)
        task = Task(
            self._folder.url,
            self._job.text_column,
            self._job.prefix,
            self._job.max_text_characters,
            whole_parts=not self._one_file,
            name=self._bundle.folder.parent.name,
            version=int(self._bundle.folder.name),
            suffix=self._suffix,
        )
        held = {"model": ray.put(packed(self._bundle)), "slices": ray.put(list(slices))}
        work = data.from_items([{"number": number} for number in missing], override_num_blocks=len(missing))
        scored = work.map_batches(
            _Actor,
            batch_size=1,
            num_cpus=1,
            compute=data.ActorPoolStrategy(min_size=1, max_size=actors, initial_size=actors),
            fn_constructor_args=(task, held, self._settings),
        )
        yield from scored.iter_rows()

    def _finish(self, slices: Sequence[Slice]) -> None:
        """Put the bad rows, and where it is one file its parts, where they belong."""
        parts = [piece.part for piece in slices]
        if not self._one_file:
            self._records.close(parts, self._target / BAD_ROWS)
            return
        bad = self._target.beside(f"{self._target.name}.bad_rows.jsonl")
        assemble(self._inputs[0], self._target, self._folder, slices, self._bundle, self._job)
        self._records.close(parts, bad)
        self._folder.remove()

    def _identity(self) -> dict[str, str]:
        ages = "\n".join(f"{each} {each.identity()}" for each in self._inputs)
        sealed = hashlib.sha256(seal(self._bundle.manifest).encode("utf-8", "surrogatepass")).hexdigest()
        return {
            "inputs": f"{len(self._inputs)}, sha256 of names and ages {hashlib.sha256(ages.encode()).hexdigest()}",
            "model": f"{self._name_of_model()}, sha256 {sealed}",
            "--text-column": self._job.text_column,
            "--prefix": repr(self._job.prefix),
            "--format": self._suffix,
            "TERCET_MAX_TEXT_CHARACTERS": str(self._job.max_text_characters),
            "Tercet": __version__,
        }

    def _name_of_model(self) -> str:
        return f"{self._bundle.folder.parent.name} {self._bundle.folder.name}"


class _Actor(Scorer):
    """Takes the model and the slices out of the object store."""

    def __init__(self, task: Task, held: Mapping[str, Any], settings: Settings) -> None:
        import ray  # noqa: PLC0415 - an extra

        super().__init__(task, ray.get(held["model"]), ray.get(held["slices"]), settings)


@contextlib.contextmanager
def _kept(ray: Any) -> Iterator[None]:
    """What Ray raises becomes a `ClusterError` of one line."""
    try:
        yield
    except ray.exceptions.RayError as error:
        why = [line.strip() for line in str(error).splitlines() if line.strip()] or [type(error).__name__]
        raise ClusterError(
            f"The cluster did not end the run: {why[-1]} What is done is kept; the same command goes on from there."
        ) from error


def _absolute(place: str) -> str:
    """Paths as nodes have to know them."""
    place = place.removeprefix("file://")
    return place if "://" in place else str(Path(place).absolute())


def _silence(data: Any) -> None:
    """Ray Data draws bars and tells of its plans; what a person is told is our watcher's."""
    context = data.DataContext.get_current()
    context.enable_progress_bars = False
    context.print_on_execution_start = False
    for name in ("ray.data", "ray"):
        logging.getLogger(name).setLevel(logging.ERROR)
