"""What was sent, in the log: only where TERCET_LOG_TEXTS says so, which is a matter of privacy."""

import logging
from collections.abc import Sequence

logger = logging.getLogger(__name__)


def log_texts(texts: Sequence[str]) -> None:
    """A line with `texts`."""
    logger.info("Asked about %d texts", len(texts), extra={"fields": {"texts": list(texts)}})
