"""What each node is told: the options of the run, and the model as bytes, which the object store holds once."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from app.settings import Settings
from model.bundle import Bundle, verify

Files = Mapping[str, bytes]
"""A bundle's files by their paths in its folder."""


@dataclass(frozen=True, slots=True)
class Task:
    """The same for all slices."""

    folder: str
    """Where parts go: a path or URL."""
    text_column: str
    prefix: str
    max_text_characters: int
    whole_parts: bool
    """Whether each part is a file of its own; otherwise they are to be put together into one."""
    name: str
    version: int
    """Of the model."""
    suffix: str
    """Of the output, which tells its format."""


def packed(bundle: Bundle) -> Files:
    """Every file of a bundle."""
    paths = sorted(path for path in bundle.folder.rglob("*") if path.is_file())
    return {path.relative_to(bundle.folder).as_posix(): path.read_bytes() for path in paths}


def unpacked(files: Files, task: Task, folder: Path) -> Bundle:
    """The bundle, written below `folder`, its hashes found right. Raises `BundleError`."""
    bundle = folder / "models" / task.name / str(task.version)
    for name, content in files.items():
        path = bundle / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    return verify(bundle)


def settings_of_a_core(settings: Settings) -> Settings:
    """An actor has one core; TensorFlow is to take no more."""
    return settings.model_copy(update={"intra_op_threads": 1, "inter_op_threads": 1, "device": "cpu"})
