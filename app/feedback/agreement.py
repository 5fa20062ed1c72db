"""Whether the model that serves says the label that somebody gave to a text: how well it does where people look."""

import asyncio
import logging

from app.errors import NotReadyError, QueueFullError
from app.service import Service

_PATIENCE_S = 2.0
"""Feedback is not to wait for a queue that is long."""

logger = logging.getLogger(__name__)


async def count_agreement(service: Service, text: str, label: str) -> None:
    """Count it. Where the text cannot be classified now, nothing is counted; the feedback is kept all the same.

    A text that somebody corrects is no sample of what is asked, so it does not count among what is predicted.
    """
    try:
        async with asyncio.timeout(_PATIENCE_S):
            answer = await service.classifier.classify([text], counted=False)
    except (NotReadyError, QueueFullError, TimeoutError):
        return
    except Exception:
        logger.exception("The text of a correction could not be classified")
        return
    predicted = answer.serving.bundle.manifest.labels[answer.best[0]]
    service.statistics.corrected(agrees=predicted == label)
