"""Processes side by side, each with an end of its own: one that fails or is killed leaves the others.

They end at once when this process does, however it ends: their standard input ends then, which they watch
(`training.cli.companion`).
"""

import queue
import signal
import subprocess
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from model.run_events import RunEvent, parse


@dataclass(frozen=True, slots=True)
class Ended:
    """A process is over; `code` is its exit code, or minus the signal that killed it."""

    code: int

    @property
    def sentence(self) -> str:
        """What to tell a person who did not hear of it otherwise."""
        if self.code >= 0:
            return f"ended with exit code {self.code}"
        try:
            name = signal.Signals(-self.code).name
        except ValueError:
            name = f"signal {-self.code}"
        return f"was killed ({name})" + (", perhaps for want of memory" if name == "SIGKILL" else "")


@dataclass(frozen=True, slots=True)
class Command:
    """What to run, and where its standard error goes."""

    words: Sequence[str]
    log: Path


Tell = Callable[[int, RunEvent | Ended], None]
_Line = tuple[int, bytes | None]


def run_side_by_side(commands: Mapping[int, Command], processes: int, tell: Tell) -> None:
    """Run all, at most `processes` at a time, in order; `tell` hears what each says, and at last how it ended.

    Whatever `tell` raises, and Ctrl-C, kills all that run. Raises `OSError` where a process cannot be started.
    """
    waiting = list(commands)
    running: dict[int, subprocess.Popen[bytes]] = {}
    lines: queue.SimpleQueue[_Line] = queue.SimpleQueue()
    try:
        while waiting or running:
            while waiting and len(running) < processes:
                number = waiting.pop(0)
                running[number] = _start(number, commands[number], lines)
            number, line = lines.get()
            if line is None:
                code = running[number].wait()
                _close(running.pop(number), commands[number])
                tell(number, Ended(code))
            elif (event := parse(line)) is not None:
                tell(number, event)
    finally:
        for process in running.values():
            process.kill()
        for number, process in running.items():
            process.wait()
            _close(process, commands[number])


def _start(number: int, command: Command, lines: queue.SimpleQueue[_Line]) -> subprocess.Popen[bytes]:
    with command.log.open("wb") as log:
        process = subprocess.Popen(  # noqa: S603 - the command is this program's own
            command.words,
            stdin=subprocess.PIPE,  # never written to: it ends with this process
            stdout=subprocess.PIPE,
            stderr=log,
            process_group=0,  # Ctrl-C is for this process to act on
        )
    threading.Thread(target=_read, args=(number, process, lines), name=f"process {number}", daemon=True).start()
    return process


def _read(number: int, process: subprocess.Popen[bytes], lines: queue.SimpleQueue[_Line]) -> None:
    if process.stdout is not None:
        for line in process.stdout:
            lines.put((number, line))
    lines.put((number, None))


def _close(process: subprocess.Popen[bytes], command: Command) -> None:
    for pipe in (process.stdin, process.stdout):
        if pipe is not None:
            pipe.close()
    if command.log.exists() and not command.log.stat().st_size:
        command.log.unlink()
