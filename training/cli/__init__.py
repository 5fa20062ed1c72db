"""The command line of the pipeline: options in, one call of the pipeline, a result or one clear line out.

TensorFlow takes seconds to import, so each command imports what it needs when it runs.
"""

import typer

from training.cli.crossval import crossval, crossval_fold
from training.cli.learning import import_, train
from training.cli.looking import check, presets
from training.cli.tune import tune
from training.cli.using import evaluate, predict
from training.cli.vectors import fetch_vectors, pack_vectors


def main() -> None:
    """Run the command line."""
    app = typer.Typer(
        help="Train, import, measure and try the networks that Tercet serves.",
        no_args_is_help=True,
        pretty_exceptions_enable=False,
        add_completion=False,
        context_settings={"help_option_names": ["-h", "--help"]},
    )
    for command in (train, crossval, tune, check, presets, evaluate, predict, fetch_vectors, pack_vectors):
        app.command()(command)
    app.command("import")(import_)
    app.command(hidden=True)(crossval_fold)
    app(prog_name="python -m training")
