"""A collector of OpenTelemetry: takes spans over HTTP and keeps them."""

import contextlib
import threading
import time
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest


@dataclass(frozen=True)
class Span:
    """One that was sent, with ids in hexadecimal and times in nanoseconds."""

    name: str
    kind: int
    trace_id: str
    span_id: str
    parent_id: str
    state: str
    began: int
    ended: int
    failed: bool
    attributes: dict[str, Any]
    resource: dict[str, Any]
    remote_parent: bool


class Collector:
    """What came to `url`."""

    def __init__(self, url):
        self.url = url
        self.spans: list[Span] = []
        self.open = threading.Event()
        self.open.set()

    def take(self, body):
        self.open.wait(30)
        for resource_spans in ExportTraceServiceRequest.FromString(body).resource_spans:
            resource = _values(resource_spans.resource.attributes)
            for scope_spans in resource_spans.scope_spans:
                assert scope_spans.scope.name == "tercet"
                self.spans += [_span(span, resource) for span in scope_spans.spans]

    def below(self, span):
        """The spans right below `span`, as they began."""
        return sorted((each for each in self.spans if each.parent_id == span.span_id), key=lambda each: each.began)

    def wait_for(self, condition):
        """The first span for which it holds, once it is there."""
        deadline = time.monotonic() + 30
        while time.monotonic() < deadline:
            for span in self.spans:
                if condition(span):
                    return span
            time.sleep(0.02)
        raise AssertionError([(span.name, span.attributes) for span in self.spans])


@contextlib.contextmanager
def collecting():
    """A collector on a free port of this machine."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self):
            assert self.path == "/v1/traces"
            body = self.rfile.read(int(self.headers["Content-Length"]))
            collector.take(body)
            with contextlib.suppress(OSError):  # who sent it may have left
                self.send_response(200)
                self.send_header("Content-Length", "0")
                self.end_headers()

        def log_message(self, *_arguments):
            return

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        server.daemon_threads = True
        collector = Collector(f"http://127.0.0.1:{server.server_port}")
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        try:
            yield collector
        finally:
            collector.open.set()
            server.shutdown()
            thread.join()


def _span(span, resource):
    return Span(
        name=span.name,
        kind=span.kind,
        trace_id=span.trace_id.hex(),
        span_id=span.span_id.hex(),
        parent_id=span.parent_span_id.hex(),
        state=span.trace_state,
        began=span.start_time_unix_nano,
        ended=span.end_time_unix_nano,
        failed=span.status.code == 2,
        attributes=_values(span.attributes),
        resource=resource,
        remote_parent=bool(span.flags & 0x200),
    )


def _values(attributes):
    return {each.key: getattr(each.value, each.value.WhichOneof("value")) for each in attributes}
