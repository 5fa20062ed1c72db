"""The commands that look before anything is trained: `check` a labelled file, list the `presets`.

They need no TensorFlow, Keras or scikit-learn, and end in less time than those take to import.
"""

from pathlib import Path
from typing import Annotated

import typer

from training.cli.companion import end_with_stdin
from training.cli.options import EndWithStdin, Json, LabelColumn, TextColumn
from training.cli.running import run
from training.console import Watcher


def check(
    data: Annotated[Path, typer.Option(help="The file to look at.")],
    text_column: TextColumn = None,
    label_column: LabelColumn = None,
    as_json: Json = False,
    end_with: EndWithStdin = False,
) -> None:
    """Say what a labelled file holds and what is wrong with it, without training."""
    if end_with:
        end_with_stdin()

    def work(watcher: Watcher) -> None:
        from training.data.dataset import load_dataset

        dataset = load_dataset(data, text_column=text_column, label_column=label_column, progress=watcher)
        counts = ", ".join(f"{label} {count:,}" for label, count in dataset.label_counts().items())
        text = f"{dataset.source}: {len(dataset):,} of {dataset.rows_read:,} rows can be learnt from ({counts})"
        watcher.result(dataset.summary(), text)

    run(work, as_json=as_json)


def presets(as_json: Json = False) -> None:
    """List the presets, and what a training may be asked for."""

    def work(watcher: Watcher) -> None:
        from training.config import LARGEST_SEED, LONGEST_TRAINING
        from training.presets import DEFAULT, PRESETS

        content = {
            "presets": [preset.as_dict() for preset in PRESETS.values()],
            "default": DEFAULT,
            "limits": {"epochs": [1, LONGEST_TRAINING], "seed": [0, LARGEST_SEED]},
        }
        watcher.result(content, "\n".join(f"{preset.name}: {preset.summary}" for preset in PRESETS.values()))

    run(work, as_json=as_json)
