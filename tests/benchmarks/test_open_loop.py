import asyncio
import contextlib
import time

import pytest

from benchmarks.load import post_request
from benchmarks.open_loop import CONNECTIONS, SteadyClient, connect

REQUEST = post_request("/predict", b"{}")
ANSWER = b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\n"


def run(main, delay_s=0.0):
    """`main(port)` beside a server that answers after `delay_s`, its body a moment after the head."""

    async def serve(reader, writer):
        with contextlib.closing(writer):
            while await reader.read(4096):
                await asyncio.sleep(delay_s)
                writer.write(ANSWER + b"12")
                await asyncio.sleep(0.001)
                writer.write(b"34")

    async def whole():
        async with await asyncio.start_server(serve, "127.0.0.1", 0) as server:
            found = await main(server.sockets[0].getsockname()[1])
        await asyncio.sleep(0.05)  # the server sees that its connections have ended
        return found

    return asyncio.run(whole())


def test_requests_go_out_at_a_steady_rate_however_long_answers_take():
    async def main(port):
        began = time.perf_counter()
        async with SteadyClient(port, [REQUEST], rate=100) as client:
            await asyncio.sleep(0.5)
        return client.sent, time.perf_counter() - began

    sent, took_s = run(main, delay_s=0.2)
    assert 20 <= len(sent) <= 100 * took_s
    assert {each.status for each in sent} == {200}
    assert min(each.took_s for each in sent) >= 0.2
    assert len(sent) > 2 * 0.5 / 0.2  # more than a client that waits for each answer


def test_a_request_that_finds_every_connection_taken_waits_and_that_counts():
    async def main(port):
        async with SteadyClient(port, [REQUEST], rate=4 * CONNECTIONS) as client:
            await asyncio.sleep(0.6)
        return client.sent

    sent = run(main, delay_s=0.5)
    assert len(sent) > CONNECTIONS
    assert max(each.took_s for each in sent) > 0.6


def test_a_connection_that_breaks_is_no_status():
    async def main(port):
        connection = await connect(port)
        answer = asyncio.create_task(connection.ask(REQUEST))
        await asyncio.sleep(0.05)
        connection.close()
        return await answer, await connection.ask(REQUEST)

    assert run(main, delay_s=1) == (0, 0)


@pytest.mark.parametrize("requests", [1, 3])
def test_answers_of_one_connection_follow_each_other(requests):
    async def main(port):
        connection = await connect(port)
        statuses = [await connection.ask(REQUEST) for _ in range(requests)]
        connection.close()
        return statuses

    assert run(main) == [200] * requests
