"""Logging: one line an event on standard error. No line holds a text that somebody sent."""

import logging


def configure(level: str) -> None:
    """Set the process's logging up. The chatter of libraries appears from `debug` only."""
    logging.basicConfig(level=level.upper(), format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    if level != "debug":
        for library in ("uvicorn.error", "alembic", "huey"):
            logging.getLogger(library).setLevel(logging.WARNING)
