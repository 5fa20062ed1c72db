"""What browsers are told with every answer, which pages of other origins may read one, and by which names we are asked.

Browsers alone go by any of this: it keeps pages of strangers from using what a visitor can reach, and no client out.
"""

from collections.abc import Iterable, Sequence
from http import HTTPStatus
from urllib.parse import urlsplit

from starlette.middleware.cors import CORSMiddleware
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app.errors import ForeignPageError
from app.problems import problem
from app.settings import ANY, Settings

HEADERS = (
    (b"x-content-type-options", b"nosniff"),
    (b"content-security-policy", b"default-src 'none'; frame-ancestors 'none'"),
    (b"referrer-policy", b"no-referrer"),
    (b"x-frame-options", b"DENY"),
    (b"cross-origin-resource-policy", b"same-origin"),
    (b"cache-control", b"no-store"),
)
"""What an answer has that says nothing else. Pages have a policy of their own; Strict-Transport-Security is for the
proxy to say, which knows that there is TLS."""
_NAMES = frozenset(name for name, _ in HEADERS)

_ALLOWED = (
    *("Authorization", "X-API-Key", "Content-Type", "X-Request-ID", "Idempotency-Key", "Last-Event-ID"),
    *("Inference-Header-Content-Length", "traceparent", "tracestate"),
)
_EXPOSED = (
    *("X-Request-ID", "Location", "Retry-After", "Idempotent-Replayed"),
    *("Inference-Header-Content-Length", "traceresponse"),
)
PROBES = ("/health/", "/v2/health/")
_METHODS = ("GET", "HEAD", "POST", "PUT", "DELETE")


def for_browsers(app: ASGIApp, settings: Settings) -> ASGIApp:
    """`app`, with these headers, and with what the settings say of origins and names of hosts."""
    if settings.cors_origins:  # never with credentials: keys are sent by scripts, and there are no cookies
        app = CORSMiddleware(
            app,
            allow_origins=settings.cors_origins,
            allow_methods=_METHODS,
            allow_headers=_ALLOWED,
            expose_headers=_EXPOSED,
        )
    if settings.allowed_hosts:
        app = _KnownHosts(app, settings.allowed_hosts)
    return _SecurityHeaders(app)


def with_headers(headers: Iterable[tuple[bytes, bytes]]) -> list[tuple[bytes, bytes]]:
    """`headers`, and those of `HEADERS` that they have not."""
    own = [*headers]
    names = {name for name, _ in own}
    if _NAMES.isdisjoint(names):
        return [*own, *HEADERS]
    return [*own, *(header for header in HEADERS if header[0] not in names)]


def check_page(headers: Iterable[tuple[bytes, bytes]], origins: Sequence[str]) -> None:
    """Raises `ForeignPageError` where a browser sends this for a page of an origin that is not ours nor in `origins`.

    For what changes something without a key: browsers send a POST to anywhere without asking first. What is no browser
    sends neither header. The order of the questions is that of Go's net/http.CrossOriginProtection.
    """
    sent = {name: value for name, value in headers if name in (b"origin", b"sec-fetch-site", b"host")}
    origin, site = sent.get(b"origin"), sent.get(b"sec-fetch-site")
    if ANY in origins or (origin is not None and origin.decode("latin-1") in origins):
        return
    if site is not None:
        ours = site in (b"same-origin", b"none")
    else:
        ours = origin is None or origin.partition(b"://")[2] == sent.get(b"host")
    if not ours:
        raise ForeignPageError(
            "This request comes from a web page of another origin. Name that origin in TERCET_CORS_ORIGINS if it may; "
            "if it is this service's own page, have the proxy in front pass on the Host header."
        )


class _SecurityHeaders:
    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                message["headers"] = with_headers(message.get("headers", ()))
            await send(message)

        await self._app(scope, receive, send_with_headers)


class _KnownHosts:
    """Answers 421 to a request for a host of another name, as one comes where somebody's domain is made to lead here.

    Probes ask by address, so what they ask is open to all.
    """

    def __init__(self, app: ASGIApp, hosts: Sequence[str]) -> None:
        self._app = app
        self._names = {host for host in hosts if not host.startswith("*.")}
        self._endings = tuple(host.removeprefix("*") for host in hosts if host.startswith("*."))

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and not self._is_known(scope):
            detail = "This service is not known by the name of this host (TERCET_ALLOWED_HOSTS)."
            await problem(HTTPStatus.MISDIRECTED_REQUEST, detail)(scope, receive, send)
        else:
            await self._app(scope, receive, send)

    def _is_known(self, scope: Scope) -> bool:
        if scope["path"].removeprefix(scope["root_path"]).startswith(PROBES):
            return True
        names = {_name(value) for header, value in scope["headers"] if header == b"host"}
        return len(names) == 1 and all(name in self._names or name.endswith(self._endings) for name in names)


def _name(host: bytes) -> str:
    """Without the port, in lower case; empty where it is no host."""
    try:
        return urlsplit(f"//{host.decode('ascii')}").hostname or ""
    except ValueError:
        return ""
