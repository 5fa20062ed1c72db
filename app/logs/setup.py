"""Switching logging on: one handler for everything that this process says, and the level from which on it is said."""

import logging
import sys
import threading
import time
from types import TracebackType

from app.logs.formats import JsonFormatter, TextFormatter, json_line, timestamp
from app.logs.writer import LineWriter, standard_error
from app.settings import Settings

_CHATTER = ("uvicorn.error", "alembic", "huey")
"""Libraries whose chatter appears from `debug` only."""
_QUOTING = ("urllib3", "requests", "sqlalchemy", "asyncio")
"""Libraries that would quote requests, or say a line for each, at `debug`."""

logger = logging.getLogger(__name__)


class LineHandler(logging.Handler):
    """Writes each record at once, after the lines that were gathered before it."""

    def __init__(self, writer: LineWriter) -> None:
        super().__init__()
        self._writer = writer

    def emit(self, record: logging.LogRecord) -> None:
        """One line. A record that cannot be formatted is named, and not shown: it may hold anything."""
        try:
            line = self.format(record)
        except Exception as error:  # noqa: BLE001 - logging must not end what it tells of
            where = f"{record.pathname}:{record.lineno}"
            told = logging.LogRecord(
                __name__, logging.ERROR, "", 0, "A line cannot be logged (%s): %s", (where, type(error).__name__), None
            )
            line = self.format(told)
        self._writer.write(f"{line}\n")


def configure(settings: Settings) -> None:
    """Set the process's logging up. Called again, it replaces what it did before."""
    writer = standard_error()
    json = settings.log_format == "json"
    handler = LineHandler(writer)
    handler.setFormatter(JsonFormatter(texts=settings.log_texts) if json else TextFormatter(texts=settings.log_texts))
    writer.lost_line = _lost_json if json else _lost_text
    root = logging.getLogger()
    for other in [each for each in root.handlers if isinstance(each, LineHandler)]:
        root.removeHandler(other)
    root.addHandler(handler)
    root.setLevel(settings.log_level.upper())
    for library in _QUOTING if settings.log_level == "debug" else (*_QUOTING, *_CHATTER):
        logging.getLogger(library).setLevel(logging.WARNING)
    logging.captureWarnings(capture=True)
    sys.excepthook = _uncaught
    threading.excepthook = _uncaught_in_thread


def in_json() -> bool:
    """Whether this process logs JSON, so that nothing else may be written to standard error."""
    return any(isinstance(each.formatter, JsonFormatter) for each in logging.getLogger().handlers)


def flush() -> None:
    """Write what waits, before the process ends in a way that runs nothing else."""
    standard_error().flush()


def _uncaught(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
    if issubclass(kind, KeyboardInterrupt):
        sys.__excepthook__(kind, error, trace)
        return
    logger.critical("Uncaught", exc_info=(kind, error, trace))


def _uncaught_in_thread(told: threading.ExceptHookArgs) -> None:
    if told.exc_value is not None:
        name = told.thread.name if told.thread else "?"
        exc_info = (told.exc_type, told.exc_value, told.exc_traceback)
        logger.critical("Uncaught in thread %s", name, exc_info=exc_info)


def _lost_text(count: int) -> str:
    return f"{timestamp(time.time())} WARNING {__name__}: {_lost(count)}\n"


def _lost_json(count: int) -> str:
    head = {"timestamp": timestamp(time.time()), "level": "WARNING", "logger": __name__}
    return json_line({**head, "message": _lost(count)}) + "\n"


def _lost(count: int) -> str:
    return f"{count:,} lines of the access log are lost, since nobody read standard error"
