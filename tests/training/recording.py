"""A `Progress` that keeps what it was told, in order."""

from typing import Any


class RecordingProgress:
    def __init__(self) -> None:
        self.events: list[tuple[Any, ...]] = []

    def stage(self, name, total=None, **_epoch):
        self.events.append(("stage", name, total))

    def advance(self, done, **figures):
        self.events.append(("advance", done, figures))

    def note(self, message):
        self.events.append(("note", message))

    def warn(self, message):
        self.events.append(("warn", message))

    def of(self, kind):
        return [event[1:] for event in self.events if event[0] == kind]
