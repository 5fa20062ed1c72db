"""The commands that use bundles: `evaluate` on a labelled file, `predict` for one text."""

from pathlib import Path
from typing import Annotated

import typer

from training.cli.importing import libraries
from training.cli.options import MODELS, BundleOption, Json, LabelColumn, ModelName, Models, TextColumn
from training.cli.running import run
from training.console import Watcher


def evaluate(
    data: Annotated[Path, typer.Option(help="A labelled file that the network has not seen.")],
    bundle: BundleOption = None,
    name: ModelName = None,
    text_column: TextColumn = None,
    label_column: LabelColumn = None,
    models: Models = MODELS,
    as_json: Json = False,
) -> None:
    """Measure a bundle on a labelled file."""

    def work(watcher: Watcher) -> None:
        with libraries():
            from model.registry import Registry
            from training import scoring

        folder = bundle or scoring.find_bundle(Registry(models), name)
        scored = scoring.score(folder, data, text_column, label_column, watcher)
        watcher.result(scored.as_dict(), scoring.table(scored))

    run(work, as_json=as_json)


def predict(
    text: Annotated[str, typer.Argument(help="The text to classify.")],
    bundle: BundleOption = None,
    name: ModelName = None,
    models: Models = MODELS,
    as_json: Json = False,
) -> None:
    """Classify one text with a bundle."""

    def work(watcher: Watcher) -> None:
        with libraries():
            from model.registry import Registry
            from training import scoring

        folder = bundle or scoring.find_bundle(Registry(models), name)
        answer = scoring.predict(folder, text)
        if not answer.tokens.known:
            watcher.warn("the model knows no word of this text, so its answer is a guess")
        watcher.result(answer.as_dict(), scoring.ranking(answer))

    run(work, as_json=as_json)
