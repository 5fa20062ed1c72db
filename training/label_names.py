"""The names that people read in place of labels, such as "Edgar Allan Poe" for EAP."""

from collections.abc import Mapping, Sequence

from model.bundle import read_manifest
from model.errors import BundleError, RegistryError
from model.registry import Registry
from training.errors import TrainingError

HOW = "Give them as --label-names 'A=First name,B=Second name'."


def parse(text: str) -> dict[str, str]:
    """The names in `A=First name,B=Second name`. Raises `TrainingError`."""
    pairs = [[part.strip() for part in pair.partition("=")] for pair in text.split(",")]
    names = {label: name for label, _, name in pairs}
    if len(names) < len(pairs) or not all(label and name for label, _, name in pairs):
        raise TrainingError(f"The label names {text!r} are not pairs of a label and its name, each label once. {HOW}")
    return names


def choose(given: Mapping[str, str] | None, labels: Sequence[str], registry: Registry, name: str) -> dict[str, str]:
    """The names for a new version of `name`: those `given`, or else those of the version that serves.

    Raises `TrainingError` where a name is given for what is no label.
    """
    if given is None:
        return {label: known for label, known in _served(registry, name).items() if label in labels}
    if unknown := [label for label in given if label not in labels]:
        raise TrainingError(
            f"There is a name for {', '.join(map(repr, unknown))}, but the labels are {', '.join(map(repr, labels))}."
        )
    return dict(given)


def _served(registry: Registry, name: str) -> dict[str, str]:
    """The names in the version that serves; none where that cannot be read, which is told where it is compared."""
    try:
        version = registry.current(name)
        return {} if version is None else read_manifest(registry.path(name, version)).label_names
    except (RegistryError, BundleError, OSError):
        return {}
