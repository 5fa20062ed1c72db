import asyncio
import socket
import threading

import pytest

from benchmarks.load import Answers, closed_loop, content_length, percentile, post_request

STATUSES = (b"200 OK", b"429 Too Many Requests", b"200 OK", b"503 Service Unavailable")


@pytest.fixture
def server():
    """Answers with each of STATUSES in turn, the body a moment after the head."""
    turn = 0

    async def serve(reader, writer):
        nonlocal turn
        while head := await reader.readuntil(b"\r\n\r\n"):
            await reader.readexactly(content_length(head))
            writer.write(b"HTTP/1.1 " + STATUSES[turn % 4] + b"\r\nContent-Length: 10\r\n\r\n01234")
            await asyncio.sleep(0.001)
            writer.write(b"56789")
            turn += 1

    async def main(listener, ended):
        serving = await asyncio.start_server(serve, sock=listener)
        await ended.wait()
        serving.close()

    listener = socket.create_server(("127.0.0.1", 0))
    loop, ended = asyncio.new_event_loop(), asyncio.Event()
    loop.set_exception_handler(lambda _loop, _context: None)  # the client leaves when its time is over
    thread = threading.Thread(target=loop.run_until_complete, args=(main(listener, ended),))
    thread.start()
    yield listener.getsockname()[1]
    loop.call_soon_threadsafe(ended.set)
    thread.join()
    loop.close()


def test_answers_are_told_by_their_status(server):
    answers = closed_loop(server, [post_request("/predict", b"{}")], connections=1, seconds=0.3)
    every = len(answers.accepted_s) + answers.refused + answers.failed
    assert every >= 4
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
