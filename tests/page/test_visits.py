"""The watch over every visit sees what it is there for."""

import contextlib
import re
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from tests.page.visits import Visit

pytestmark = pytest.mark.browser


@contextlib.contextmanager
def serving(html):
    """The address of a server whose only page is this, with a policy that allows scripts of its own alone."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):
            self.send_response(404 if self.path == "/missing.png" else 200)
            self.send_header("Content-Security-Policy", "default-src 'none'; script-src 'self'; img-src *")
            self.send_header("Content-Type", "text/html")
            self.end_headers()
            self.wfile.write(html.encode())

        def log_message(self, *arguments):
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.05,))
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}"
        finally:
            server.shutdown()
            thread.join()


@pytest.mark.parametrize(
    ("html", "expected"),
    [
        ("<h1>fine</h1>", []),
        ("<script>1</script>", ["Content Security Policy"]),
        ("<h1 style='color: red'>red</h1>", ["Content Security Policy"]),
        ("<img src=missing.png>", ["404"]),
        ("<img src=//127.0.0.2:9/a.png>", ["left the origin", "net::ERR"]),
    ],
)
def test_a_visit_sees_what_a_page_must_not_do(browser, html, expected):
    with serving(f"<!doctype html><title>a page</title>{html}") as address:
        visit = Visit(browser, address)
        visit.open()
        found = visit.problems()
        visit.close()
    assert len(found) == len(expected), found
    assert all(re.search(pattern, problem) for pattern, problem in zip(expected, found, strict=True)), found


def test_a_visit_sees_what_a_script_throws_and_logs(browser):
    with serving("<!doctype html><title>a page</title>") as address:
        visit = Visit(browser, address)
        page = visit.open()
        with page.expect_event("pageerror"):
            page.evaluate("setTimeout(() => { throw new Error('thrown') })")
        page.evaluate("console.error('logged')")
        visit.expect("foreseen")
        page.evaluate("console.error('foreseen')")
        assert [problem.partition(" (")[0] for problem in visit.problems()] == ["uncaught: thrown", "error: logged"]
        visit.close()
