"""The two forms of a line: text for people, JSON for machines. Either is one line, whatever is in it.

A record may bring `fields` by `extra={"fields": {...}}`: in JSON they are members of the object, in text they follow;
and `quoted` in the same way, which are shown only where strangers' texts may be.
"""

import json
import logging
import time
from collections.abc import Mapping
from typing import Any

from app.logs.context import bound
from app.logs.escaping import escaped, indented
from app.logs.tracebacks import format_exception


def timestamp(seconds: float) -> str:
    """RFC 3339 in UTC, to the microsecond."""
    whole = int(seconds)
    return time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(whole)) + f".{int((seconds - whole) * 1e6):06d}Z"


def json_line(content: Mapping[str, Any]) -> str:
    """One line of ASCII. A half of a surrogate pair, which some parsers refuse, is written as its escape."""
    line = json.dumps(content, default=str, separators=(",", ":"))
    return line if "\\ud" not in line else json.dumps(_sound(content), separators=(",", ":"))


class LineFormatter(logging.Formatter):
    """What both forms begin with."""

    def __init__(self, *, texts: bool) -> None:
        """`texts` says whether strangers' texts may be quoted."""
        super().__init__()
        self._texts = texts

    def _exception(self, record: logging.LogRecord) -> str | None:
        error = record.exc_info[1] if record.exc_info else None
        if error is None:
            return None
        owner = bound.get()
        return format_exception(error, quoting=self._texts or owner is None or not owner.from_outside)

    def _fields(self, record: logging.LogRecord) -> dict[str, Any]:
        owner = bound.get()
        fields: dict[str, Any] = {} if owner is None else dict(owner.log_fields())
        fields |= getattr(record, "fields", {})
        return fields | getattr(record, "quoted", {}) if self._texts else fields


class TextFormatter(LineFormatter):
    """`time LEVEL logger: message name=value …`; a traceback follows, moved to the right."""

    def format(self, record: logging.LogRecord) -> str:
        """One line, and those of a traceback."""
        line = f"{timestamp(record.created)} {record.levelname} {record.name}: {escaped(record.getMessage())}"
        line += "".join(f" {name}={_shown(value)}" for name, value in self._fields(record).items())
        exception = self._exception(record)
        return line if exception is None else f"{line}\n{indented(exception)}"


class JsonFormatter(LineFormatter):
    """An object a line."""

    def format(self, record: logging.LogRecord) -> str:
        """One line."""
        content = {
            "timestamp": timestamp(record.created),
            "level": record.levelname,
            "logger": record.name,
            "message": record.getMessage(),
        } | self._fields(record)
        exception = self._exception(record)
        return json_line(content if exception is None else content | {"exception": exception})


def _shown(value: object) -> str:
    return value if isinstance(value, str) and value.isalnum() else json.dumps(value, default=str)


def _sound(value: Any) -> Any:
    if isinstance(value, str):
        return value.encode("utf-8", "backslashreplace").decode()
    if isinstance(value, Mapping):
        return {_sound(name): _sound(each) for name, each in value.items()}
    if isinstance(value, list | tuple):
        return [_sound(each) for each in value]
    return value
