"""The counters of which a row has one each: the cells of its head."""

from typing import Final

STARTS, REFUSED, BATCHES, BATCH_TEXTS, QUEUE_S, COMPUTE_S = range(6)
# The ends before what was accepted, since a reader goes from left to right: none has more ends than beginnings.
REQUESTS_ANSWERED, REQUESTS_FAILED, REQUESTS_CANCELLED, REQUESTS_ACCEPTED = range(6, 10)
TEXTS_ANSWERED, TEXTS_FAILED, TEXTS_CANCELLED, TEXTS_ACCEPTED = range(10, 14)
BY_SIZE: Final = 14
SIZES: Final = 12
"""Sizes of batches up to 1, 2, 4, … 2,048 texts; the last takes the larger ones as well."""
CONNECTIONS: Final = BY_SIZE + SIZES
"""Open connections and one more; 0 where no further ones are taken."""
SEEN_AT: Final = CONNECTIONS + 1
"""When that was written, by the clock that all processes of a machine share."""
SWAPS, FAILED_SWAPS = SEEN_AT + 1, SEEN_AT + 2
VERSION: Final = FAILED_SWAPS + 1
"""The version of the model that the process serves; 0 where there is none."""
KNOWN_WORDS, UNKNOWN_WORDS, CONFIDENCE, FEEDBACK_AGREES, FEEDBACK_DIFFERS = range(VERSION + 1, VERSION + 6)
"""CONFIDENCE is a sum of probabilities."""
USED: Final = VERSION + 6
