"""Ray Train's trainer, as a task on the cluster: it runs the workers, and begins them anew where one is lost.

Imported by whoever asks; Ray Train itself is by the task alone.
"""

import importlib
from typing import Any

from training.cluster.fit_worker import train_loop

RETRIES = 3
"""Of the workers, where one was lost."""
_LONGEST_REASON = 500


def run_trainer(workers: int, wanted: dict[str, float], environment: dict[str, str], shipped: dict[str, Any]) -> str:
    """Run the trainer until its workers have ended; what there is to say where they could not.

    In a process of its own, so that Ctrl-C is for the command to act on, and what Ray prints goes to Ray's logs.
    """
    from ray import train  # noqa: PLC0415 - an extra

    trainer = _trainer_class()(
        train_loop,
        train_loop_config=shipped,
        scaling_config=train.ScalingConfig(num_workers=workers, use_gpu="GPU" in wanted, resources_per_worker=wanted),
        run_config=train.RunConfig(
            failure_config=train.FailureConfig(max_failures=RETRIES),
            worker_runtime_env={"env_vars": environment},
            **_nowhere(),
        ),
    )
    try:
        trainer.fit()
    except Exception as error:  # noqa: BLE001 - raised in the command
        return last_words(str(error)) or type(error).__name__
    return ""


def last_words(message: str) -> str:
    """Of what Ray Train says of several workers at length: what each one's traceback ends with."""
    lines = [line.strip() for line in message.splitlines()]
    ends = [line for line, after in zip(lines, [*lines[1:], ""], strict=True) if line and not after]
    return " ".join(dict.fromkeys(ends or lines))[-_LONGEST_REASON:]


def _trainer_class() -> Any:
    from ray.train.tensorflow import TensorflowTrainer  # noqa: PLC0415 - an extra

    class Trainer(TensorflowTrainer):  # type: ignore[misc]  # Ray has no types here
        """Without the actor that frees the workers' places after an interruption, which Ray does with our job.

        In Ray 2.60 that actor outlives it: 200 MB for each run that was interrupted, for as long as the cluster runs.
        """

        def _create_default_callbacks(self) -> list[Any]:
            callbacks = super()._create_default_callbacks()
            return [each for each in callbacks if type(each).__name__ != "PlacementGroupCleanerCallback"]

    return Trainer


def _nowhere() -> dict[str, Any]:
    """What Ray Train would write goes to the memory of its controller: it has neither results nor checkpoints of us."""
    fsspec = importlib.import_module("fsspec")  # it has no types
    from pyarrow.fs import FSSpecHandler, PyFileSystem  # noqa: PLC0415

    return {"storage_path": "/tercet", "storage_filesystem": PyFileSystem(FSSpecHandler(fsspec.filesystem("memory")))}
