import socket
import sys
import time

import pytest

from benchmarks.load import Answers, closed_loop, content_length, percentile, post_request
from benchmarks.processes import free_port, running

# Answers with each status in turn, the body a moment after the head, and hangs up after the refusal.
SERVER = """
import asyncio, itertools, sys
from benchmarks.load import content_length

REFUSED = "429 Too Many Requests\\r\\nConnection: close"
turns = itertools.cycle(("200 OK", REFUSED, "200 OK", "500 Internal Server Error"))

async def serve(reader, writer):
    while head := await reader.readuntil(b"\\r\\n\\r\\n"):
        await reader.readexactly(content_length(head))
        status = next(turns)
        writer.write(f"HTTP/1.1 {status}\\r\\nContent-Length: 10\\r\\n\\r\\n01234".encode())
        await asyncio.sleep(0.001)
        writer.write(b"56789")
        if status == REFUSED:
            writer.close()
            return

async def main():
    await (await asyncio.start_server(serve, "127.0.0.1", int(sys.argv[1]))).serve_forever()

asyncio.run(main())
"""


@pytest.fixture
def server(tmp_path):
    port = free_port()
    with running([sys.executable, "-c", SERVER, str(port)], port, tmp_path, None, {}):
        wait_for(port)
        yield port


def wait_for(port):
    for _ in range(100):
        try:
            socket.create_connection(("127.0.0.1", port)).close()
        except OSError:
            time.sleep(0.1)
        else:
            return
    raise AssertionError("the server does not start")


def test_answers_are_told_by_their_status(server):
    answers = closed_loop(server, [post_request("/predict", b"{}")], connections=1, seconds=1)
    every = len(answers.accepted_s) + answers.refused + answers.failed
    assert every >= 8
    assert len(answers.accepted_s) == pytest.approx(every / 2, abs=1)
    assert answers.refused == pytest.approx(every / 4, abs=1)
    assert answers.failed == pytest.approx(every / 4, abs=1)
    assert min(answers.accepted_s) >= 0.001


def test_what_is_summed_up():
    answers = Answers(accepted_s=[0.001, 0.002, 0.003], refused=6, failed=1)
    assert answers.accepted_p99_ms == pytest.approx(2.98)
    assert answers.refused_share == 0.6
    assert percentile([], 99) == float("inf")
    assert percentile([7.0], 99) == 7.0


def test_a_request_carries_its_length():
    request = post_request("/predict", b'{"text": "a"}')
    assert request.startswith(b"POST /predict HTTP/1.1\r\n")
    assert request.endswith(b'\r\n\r\n{"text": "a"}')
    assert content_length(request.partition(b"\r\n\r\n")[0]) == 13
