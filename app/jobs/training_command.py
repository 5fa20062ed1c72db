"""The command line of a training: what a job orders, in the words of `python -m training train`."""

from collections.abc import Iterator
from pathlib import Path

from app.jobs.order import TrainingOrder
from app.settings import Settings


def arguments(job_id: str, order: TrainingOrder, settings: Settings, feedback: Path | None) -> list[str]:
    """What follows `python -m training`. The same for each attempt, so that one goes on where another ended."""
    return ["train", "--json", "--resume", "--end-with-stdin", *_options(job_id, order, settings, feedback)]


def _options(job_id: str, order: TrainingOrder, settings: Settings, feedback: Path | None) -> Iterator[str]:
    values = {
        "run": job_id,
        "name": order.model,
        "models": settings.models_folder,
        "cache": settings.data / "cache",
        "data": settings.datasets_folder / order.dataset.file,
        "text-column": order.dataset.text_column,
        "label-column": order.dataset.label_column,
        "vectors": settings.vectors or "box",
        "feedback": feedback,
        "preset": order.preset,
        "epochs": order.epochs,
        "seed": order.seed,
        "promote": order.promote,
        "threads": settings.training_threads,
        "device": settings.device,
        "ray": settings.ray_address,
        "workers": None if settings.ray_address is None else settings.ray_workers,
    }
    for name, value in values.items():
        if value is not None:
            yield f"--{name}={value}"  # in one word: a value that begins with a dash is none of the options
    if order.allow_label_change:
        yield "--allow-label-change"
