import sys
from contextlib import contextmanager

import pytest

from benchmarks.processes import free_port, running, wait_until_answers
from benchmarks.streaming import LINES_A_CHUNK, texts_a_second

# Gives each part of the body back as it comes, and at the end what its second argument says.
SERVER = """
import sys, uvicorn

async def app(scope, receive, send):
    await send({"type": "http.response.start", "status": 200, "headers": []})
    more = True
    while more:
        message = await receive()
        more, body = message.get("more_body", False), message.get("body", b"")
        await send({"type": "http.response.body", "body": body, "more_body": True})
    await send({"type": "http.response.body", "body": sys.argv[2].encode()})

uvicorn.run(app, port=int(sys.argv[1]), lifespan="off", log_level="warning")
"""
TEXTS = [f"text {number}" for number in range(2 * LINES_A_CHUNK)]


@contextmanager
def serving(folder, surplus):
    port = free_port()
    command = [sys.executable, "-c", SERVER, str(port), surplus]
    with running(command, port, folder, None, {}) as process:
        wait_until_answers(process, folder, "/", {})
        yield port


def test_as_many_texts_are_counted_as_lines_come_back(tmp_path):
    with serving(tmp_path, "") as port:
        assert texts_a_second(port, TEXTS, 0.1) > 0


def test_a_line_too_many_or_too_few_is_an_error(tmp_path):
    with serving(tmp_path, "\n") as port, pytest.raises(ValueError, match="lines to"):
        texts_a_second(port, TEXTS, 0.1)
