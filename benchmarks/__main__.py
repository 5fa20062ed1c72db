"""`python -m benchmarks`: measure, print what came out, and write the figures as JSON."""

import json
from collections.abc import Collection
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from benchmarks.documents import write_documents
from benchmarks.machine import machine
from benchmarks.peers.comparison import Plan
from benchmarks.peers.environments import CACHE
from benchmarks.results import SERVING
from benchmarks.serving import SECTIONS, measure
from model.quiet import import_tensorflow

TRAINING = ("tokenizing", "calling", "training")
"""Compared with tutorials; all need the data but `calling`."""


def main(
    data: Annotated[Path, typer.Option(help="CSV with the columns text and author.")] = Path(
        "../shared/data/spooky/train.csv"
    ),
    vectors: Annotated[Path, typer.Option(help="GloVe text of 100 dimensions, .gz.")] = Path(
        "../shared/data/glove.6B.100d.top100k.txt.gz"
    ),
    rounds: Annotated[int, typer.Option(help="Rounds of each comparison; training takes a minute a round.")] = 5,
    seconds: Annotated[float, typer.Option(help="How long one turn of a comparison of the service takes.")] = 4,
    only: Annotated[list[str] | None, typer.Option(help=f"{', '.join((*TRAINING, *SECTIONS))}.")] = None,
    cores: Annotated[tuple[int, int], typer.Option(help="The server's and the client's.")] = (0, 1),
    out: Annotated[Path, typer.Option(help="The folder for results.json and serving.json.")] = SERVING.parent,
) -> None:
    """Compare Tercet with what most tutorials do, and its service with the least a service can do."""
    names = only or [*TRAINING, *SECTIONS]
    if unknown := set(names) - {*TRAINING, *SECTIONS}:
        raise typer.BadParameter(f"there is no {', '.join(unknown)} to measure")
    if chosen := [name for name in TRAINING if name in names]:
        _training(chosen, data, vectors, rounds, out / "results.json")
    if sections := [name for name in SECTIONS if name in names]:
        plan = Plan((1, 32, 64), rounds, seconds, *cores, CACHE, data if data.exists() else None)
        measure(plan, sections, out / SERVING.name)
        if out == SERVING.parent:
            write_documents()


def _training(names: Collection[str], data: Path, vectors: Path, rounds: int, out: Path) -> None:
    import_tensorflow()
    from benchmarks.bundles import REFERENCE_BUNDLE
    from benchmarks.calling import compare_calls
    from benchmarks.tokenizing import compare_tokenizers
    from benchmarks.training_time import compare_training
    from training.data.dataset import load_dataset

    found = []
    if "tokenizing" in names:
        found.append(compare_tokenizers(load_dataset(data).texts, rounds))
    if "calling" in names:
        found.append(compare_calls(REFERENCE_BUNDLE, rounds))
    if "training" in names:
        found.extend(compare_training(data, vectors, rounds))
    for each in found:
        print(f"{each.ratio:6.2f}  = {each.ours_s:.3f} s / {each.other_s:.3f} s   {each.what}")
    content = {"measured": datetime.now(UTC).date().isoformat(), "machine": machine(), "rounds": rounds}
    out.write_text(json.dumps(content | {"comparisons": [each.as_dict() for each in found]}, indent=1) + "\n")


if __name__ == "__main__":
    typer.run(main)
