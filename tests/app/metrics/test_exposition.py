import gzip

import pytest
from prometheus_client import CollectorRegistry, Counter

from app.metrics.exposition import exposition

PLAIN = "text/plain; version=0.0.4; charset=utf-8"
OPEN = "application/openmetrics-text; version=1.0.0; charset=utf-8; escaping=underscores"


@pytest.fixture
def registry():
    registry = CollectorRegistry()
    Counter("things", "Things.", registry=registry).inc(3)
    return registry


@pytest.mark.parametrize(
    ("accept", "content_type"),
    [
        ("", PLAIN),
        ("*/*", PLAIN),
        ("text/html", PLAIN),
        ("application/openmetrics-text", OPEN),
        ("text/plain;q=0.5, Application/OpenMetrics-Text; version=1.0.0; q=0.75", OPEN),
        ("application/openmetrics-text;q=0,text/plain", PLAIN),
        ("application/openmetrics-text; version=x; escaping=y", OPEN),
        ("application/openmetrics-text; version=2.0.0\x7f", OPEN),
        ("text/plain; version=1.x", PLAIN),
        (";;,,=;=", PLAIN),
    ],
)
def test_the_form_is_what_the_header_asks_for_and_nothing_of_it_is_repeated(registry, accept, content_type):
    body, headers = exposition(registry, accept, "")
    assert headers == {"Content-Type": content_type, "Vary": "Accept, Accept-Encoding"}
    assert b"things_total 3.0" in body
    assert body.endswith(b"# EOF\n") == (content_type == OPEN)


def test_it_is_compressed_for_who_can_read_that(registry):
    plain, _ = exposition(registry, "", "identity")
    body, headers = exposition(registry, "", "br, gzip;q=0.9")
    assert headers["Content-Encoding"] == "gzip"
    assert gzip.decompress(body) == plain
