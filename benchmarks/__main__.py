"""`python -m benchmarks`: measure, print a table, and write the figures as JSON."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from model.quiet import import_tensorflow


def main(
    data: Annotated[Path, typer.Option(help="CSV with the columns text and author.")] = Path(
        "../shared/data/spooky/train.csv"
    ),
    vectors: Annotated[Path, typer.Option(help="GloVe text of 100 dimensions, .gz.")] = Path(
        "../shared/data/glove.6B.100d.top100k.txt.gz"
    ),
    rounds: Annotated[int, typer.Option(help="Rounds of each comparison; training takes a minute a round.")] = 5,
    only: Annotated[str, typer.Option(help="tokenizing, calling, training or all.")] = "all",
    out: Annotated[Path, typer.Option(help="Where the figures go.")] = Path("benchmarks/results.json"),
) -> None:
    """Compare Tercet with what most tutorials do, as ratios within one run."""
    import_tensorflow()
    from benchmarks.calling import compare_calls
    from benchmarks.rounds import machine
    from benchmarks.tokenizing import compare_tokenizers
    from benchmarks.training_time import compare_training
    from model.assets import assets_folder
    from training.data.dataset import load_dataset

    found = []
    if only in ("all", "tokenizing"):
        found.append(compare_tokenizers(load_dataset(data).texts, rounds))
    if only in ("all", "calling"):
        found.append(compare_calls(assets_folder() / "bundles" / "spooky-authors" / "1", rounds))
    if only in ("all", "training"):
        found.extend(compare_training(data, vectors, rounds))
    for each in found:
        print(f"{each.ratio:6.2f}  = {each.ours_s:.3f} s / {each.other_s:.3f} s   {each.what}")
    content = {"measured": datetime.now(UTC).date().isoformat(), "machine": machine(), "rounds": rounds}
    out.write_text(json.dumps(content | {"comparisons": [each.as_dict() for each in found]}, indent=1) + "\n")


if __name__ == "__main__":
    typer.run(main)
