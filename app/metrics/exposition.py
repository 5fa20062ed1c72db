"""Metrics as bytes: in the form that a scraper asks for, compressed where it can read that.

The client library's own negotiation repeats what the header says, and fails where a version in it is no number.
"""

import gzip
from typing import Final

from prometheus_client.exposition import CONTENT_TYPE_PLAIN_0_0_4, choose_encoder, gzip_accepted
from prometheus_client.registry import Collector

_OPEN_METRICS: Final = "application/openmetrics-text"
MEDIA_TYPES: Final = (CONTENT_TYPE_PLAIN_0_0_4.partition(";")[0], _OPEN_METRICS)
_FAST: Final = 1
"""The level of compression: a fifth of the size in a fifth of the time of the default."""


def exposition(metrics: Collector, accept: str, accept_encoding: str) -> tuple[bytes, dict[str, str]]:
    """The body and its headers; the arguments are the request's headers of these names."""
    wanted = [part.replace(" ", "").lower().split(";") for part in accept.split(",")]
    is_open = any(media_type == _OPEN_METRICS and "q=0" not in parameters for media_type, *parameters in wanted)
    encode, content_type = choose_encoder(f"{_OPEN_METRICS}; version=1.0.0" if is_open else "")
    body, headers = encode(metrics), {"Content-Type": content_type, "Vary": "Accept, Accept-Encoding"}
    if gzip_accepted(accept_encoding):
        body, headers["Content-Encoding"] = gzip.compress(body, _FAST, mtime=0), "gzip"
    return body, headers
