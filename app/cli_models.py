"""`python -m app models …`: the versions in the registry, from a shell. Services that run follow what it changes."""

import contextlib
from collections.abc import Iterator
from typing import Annotated, Any

import typer

from app import shell
from app.loading import choose_model
from model.errors import RegistryError, TercetError
from model.registry import Registry

FOLLOWED = "A running service serves it within two seconds; /health/ready and the log say so where it cannot."

models = typer.Typer(help="The versions in the registry, $TERCET_DATA/models.", no_args_is_help=True)

Name = Annotated[str | None, typer.Option(help="The model; left out, the one that the service would take.")]
Version = Annotated[int, typer.Argument(min=1)]


@models.command("list")
def list_versions() -> None:
    """Every model and version with its metrics; a star marks the one that serves."""
    from app.versions import Versions  # noqa: PLC0415 - it brings the web framework, which takes a while

    registry = Registry(shell.settings().models_folder)
    with _errors_in_a_line():
        for name in registry.names():
            for found in reversed(Versions(registry, name, registry.current(name) or 0).all()):
                typer.echo(_line(name, found))


@models.command()
def promote(version: Version, name: Name = None) -> None:
    """Make VERSION the one that serves."""
    with _errors_in_a_line():
        registry, chosen = _choose(name)
        registry.promote(chosen, version)
    typer.echo(f"Promoted {chosen} {version}. {FOLLOWED}")


@models.command()
def rollback(name: Name = None) -> None:
    """Make the version that served before serve again."""
    with _errors_in_a_line():
        registry, chosen = _choose(name)
        current, previous = registry.current(chosen), registry.previous(chosen)
        if previous is None:
            raise RegistryError(f"No version of {chosen} that is still there served before {current}.")
        registry.promote(chosen, previous, instead_of=current)
    typer.echo(f"Promoted {chosen} {previous}, in the place of {current}. {FOLLOWED}")


@models.command()
def remove(version: Version, name: Name = None) -> None:
    """Delete VERSION, which may not be the one that serves."""
    with _errors_in_a_line():
        registry, chosen = _choose(name)
        registry.remove(chosen, version)
    typer.echo(f"Removed {chosen} {version}.")


@models.command()
def sign(version: Version, name: Name = None) -> None:
    """Sign VERSION by the first key of TERCET_BUNDLE_KEY, once its files are found as its manifest says."""
    with _errors_in_a_line():
        registry, chosen = _choose(name)
        registry.sign(chosen, version)
    typer.echo(f"Signed {chosen} {version}.")


def _choose(name: str | None) -> tuple[Registry, str]:
    settings = shell.settings()
    registry = Registry(settings.models_folder)
    return registry, name or choose_model(registry, settings.model)


@contextlib.contextmanager
def _errors_in_a_line() -> Iterator[None]:
    try:
        yield
    except (TercetError, OSError) as error:
        shell.fail(error)


def _line(name: str, found: dict[str, Any]) -> str:
    parts = [f"{'*' if found['serving'] else ' '} {name} {found['version']}"]
    if found["problem"]:
        parts.append(f"damaged: {found['problem']}")
    else:
        parts.append(f"{found['created_at']:%Y-%m-%d %H:%M}")
        parts += [f"{figure.replace('_', ' ')} {value:.4f}" for figure, value in found["metrics"].items()]
    return "  ".join([*parts, *(["previous"] if found["previous"] else [])])
