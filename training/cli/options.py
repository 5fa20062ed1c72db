"""The options that several commands share, and what they default to."""

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer


class DeviceChoice(StrEnum):
    """Where TensorFlow computes."""

    AUTO = "auto"
    CPU = "cpu"
    GPU = "gpu"


class SideChoice(StrEnum):
    """Which end of a sequence is padded or cut."""

    PRE = "pre"
    POST = "post"


class PromoteChoice(StrEnum):
    """Whether a new version is made the one that serves."""

    NEVER = "never"
    ALWAYS = "always"
    IF_BETTER = "if_better"


Json = Annotated[bool, typer.Option("--json", help="Print JSON lines on standard output, for machines.")]
Models = Annotated[Path, typer.Option(help="The registry: a folder of models and their versions.")]
TextColumn = Annotated[
    str | None, typer.Option(help="Column of the texts.", show_default="text, or tweet, headline, …")
]
LabelColumn = Annotated[
    str | None, typer.Option(help="Column of the labels.", show_default="label, author, class, … whichever is there")
]
EndWithStdin = Annotated[
    bool, typer.Option("--end-with-stdin", help="End at once when standard input ends, as it does with its writer.")
]
LabelNames = Annotated[
    str | None,
    typer.Option(
        help="What people read for labels: 'A=First name,B=…'.", show_default="those of the version that serves"
    ),
]
Data = Annotated[Path, typer.Option(help="CSV, JSON Lines or Parquet; the first two may be .gz.")]
Vectors = Annotated[str, typer.Option(help="GloVe text, .gz or .zip[:member]; 'box' for the table that ships; 'none'.")]
PresetName = Annotated[str, typer.Option("--preset", help="Named hyper-parameters; the command presets lists them.")]
Epochs = Annotated[int | None, typer.Option(help="At most so many.", show_default="the preset's")]
BatchSize = Annotated[int | None, typer.Option(help="Rows a step.", show_default="the preset's")]
LearningRate = Annotated[float | None, typer.Option(help="Of Adam.", show_default="the preset's")]
Patience = Annotated[
    int | None, typer.Option(help="Epochs without improvement before it stops.", show_default="the preset's")
]
EmbeddingDim = Annotated[int | None, typer.Option(help="Numbers a word vector.", show_default="the preset's")]
Changed = Annotated[
    list[str] | None,
    typer.Option("--set", metavar="NAME=VALUE", help="Any other hyper-parameter; may be given several times."),
]
Cache = Annotated[Path, typer.Option(help="Folder for word vectors parsed before.")]
DeviceName = Annotated[DeviceChoice, typer.Option("--device", help="Where to compute.")]
RayAddress = Annotated[
    str | None,
    typer.Option("--ray", metavar="ADDRESS", help="Compute on this Ray cluster: HOST:PORT of its head, or auto."),
]
Workers = Annotated[
    int | None, typer.Option(min=1, help="With --ray, processes that learn together.", show_default="2")
]
BundleOption = Annotated[
    Path | None, typer.Option("--bundle", help="A bundle's folder.", show_default="the model that serves")
]
ModelName = Annotated[str | None, typer.Option("--name", help="The model, where there are several.")]
MODELS = Path("var/models")
CACHE = Path("var/cache")
