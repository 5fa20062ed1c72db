"""Logging: one line an event on standard error. No line holds a text that somebody sent."""

import logging


def configure(level: str) -> None:
    """Set the process's logging up. uvicorn's own chatter appears from `debug` only."""
    logging.basicConfig(level=level.upper(), format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    if level != "debug":
        logging.getLogger("uvicorn.error").setLevel(logging.WARNING)
