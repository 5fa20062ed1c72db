"""Tracebacks for the log. Where strangers' texts may be quoted, messages are left out of those exceptions that quote.

Frames show our source, never values. Messages of our own errors, of the system and of most of Python say what went
wrong in words of their own; conversions and look-ups (`ValueError`, `LookupError`) and databases repeat what they were
given.
"""

import re
import traceback
from collections.abc import Iterator

_PLACE = re.compile(r'\s+File "[^"]*", line \d+, in \S+$')
_TYPE = re.compile(r"[A-Za-z_][\w.]*(Error|Exception|Interrupt|Exit|Warning)\b")
WITHHELD = "(message withheld; TERCET_LOG_TEXTS=true shows it)"


def format_exception(error: BaseException, *, quoting: bool) -> str:
    """Like Python's own, in several lines; with `quoting` every message is shown."""
    return "\n".join(_lines(error, set(), quoting=quoting))


def without_messages(printed: str) -> str:
    """Of a traceback that another process printed, where it was and the type of the error."""
    kept = (_PLACE.match(line) or _TYPE.match(line) for line in printed.splitlines())
    return " / ".join(match[0].strip() for match in kept if match) or WITHHELD


def _lines(error: BaseException, seen: set[int], *, quoting: bool) -> Iterator[str]:
    seen.add(id(error))
    cause = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
    if cause is not None and id(cause) not in seen:
        yield from _lines(cause, seen, quoting=quoting)
        yield "The above led to:" if error.__cause__ else "While handling the above:"
    if error.__traceback__ is not None:
        yield "Traceback (most recent call last):"
        yield from "".join(traceback.format_tb(error.__traceback__)).splitlines()
    yield from _summary(error, quoting=quoting)
    if isinstance(error, BaseExceptionGroup):
        for each in error.exceptions:
            if id(each) not in seen:
                yield "One of the group:"
                yield from _lines(each, seen, quoting=quoting)


def _summary(error: BaseException, *, quoting: bool) -> Iterator[str]:
    if quoting or not _quotes(error):
        yield from "".join(traceback.format_exception_only(error)).splitlines()
        return
    yield f"{type(error).__module__}.{type(error).__qualname__}: {WITHHELD}"


def _quotes(error: BaseException) -> bool:
    """Whether its message may repeat what it was given."""
    if isinstance(error, BaseExceptionGroup):
        return False  # those in it say it
    given = isinstance(error, ValueError | LookupError) or hasattr(error, "__notes__")
    return given or type(error).__module__.partition(".")[0] in ("sqlalchemy", "psycopg", "sqlite3")
