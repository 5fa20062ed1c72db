"""The commands for word vectors: `fetch-vectors` downloads them, `pack-vectors` makes the table that ships."""

import json
from pathlib import Path
from typing import Annotated

import typer

from training.cli.options import CACHE, Json
from training.cli.running import run
from training.console import Watcher
from training.vectors.glove_6b import GLOVE_6B_BYTES, GLOVE_6B_SHA256, GLOVE_6B_URL


def fetch_vectors(
    destination: Annotated[Path, typer.Option("--to", help="Where to put it.")] = CACHE / "glove.6B.zip",
    url: Annotated[str, typer.Option(help="Where it is.")] = GLOVE_6B_URL,
    sha256: Annotated[str, typer.Option(help="What it must hash to.", show_default="glove.6B.zip's")] = GLOVE_6B_SHA256,
    size_bytes: Annotated[int, typer.Option(help="How long it must be.")] = GLOVE_6B_BYTES,
    as_json: Json = False,
) -> None:
    """Download glove.6B.zip (862 MB) from Stanford; goes on where an earlier download broke off."""

    def work(watcher: Watcher) -> None:
        from training.vectors import download

        path = download.fetch_vectors(destination, url=url, sha256=sha256, size=size_bytes, progress=watcher)
        watcher.result({"path": str(path)}, f"{path} is complete; train with --vectors {path}")

    run(work, as_json=as_json)


def pack_vectors(
    source: Annotated[Path, typer.Argument(help="GloVe text, .gz or .zip, most frequent words first.")],
    destination: Annotated[Path, typer.Argument(help="The .npz to write.")],
    count: Annotated[int, typer.Option(help="Words to keep.")] = 50_000,
    dimension: Annotated[int, typer.Option(help="Numbers a vector.")] = 100,
    as_json: Json = False,
) -> None:
    """Pack the most frequent words of a GloVe file into a compact table and say what precision that costs."""

    def work(watcher: Watcher) -> None:
        from training.vectors import table

        report = table.pack(str(source), destination, count=count, dimension=dimension, progress=watcher)
        watcher.result(report.as_dict(), f"{destination}: {json.dumps(report.as_dict())}")

    run(work, as_json=as_json)
