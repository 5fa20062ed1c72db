import asyncio
import contextlib
import errno
import logging
import math
import os
import socket

import pytest
import uvloop

from app import accepting
from app.accepting import Acceptor
from app.listening import listen
from app.statistics import Statistics
from app.statistics.memory import ROW_BYTES

NEVER_S = 3600.0
LOOPS = {"asyncio": asyncio.new_event_loop, "uvloop": uvloop.new_event_loop}


class Process:
    """What stands for a process: an acceptor, and the connections that it has open. Ends with the block."""

    def __init__(self, listener, counters):
        self.open: set[asyncio.BaseTransport] = set()
        self.acceptor = Acceptor(listener, lambda: Connection(self.open), lambda: len(self.open), counters)

    async def __aenter__(self):
        return self

    async def __aexit__(self, *_):
        await self.acceptor.close()
        for transport in self.open:
            transport.close()
        await until(lambda: not self.open)


class Connection(asyncio.Protocol):
    def __init__(self, connections):
        self._connections = connections

    def connection_made(self, transport):
        self._transport = transport
        self._connections.add(transport)

    def connection_lost(self, _):
        self._connections.discard(self._transport)


class OneFailure(socket.socket):
    """A listener whose first connection cannot be taken."""

    error: OSError | None = OSError(errno.EMFILE, os.strerror(errno.EMFILE))

    def accept(self):
        if self.error is not None:
            error, self.error = self.error, None
            raise error
        return super().accept()


@pytest.fixture(params=LOOPS)
def run(request):
    """Run a coroutine on each kind of loop."""

    def run(coroutine):
        with asyncio.Runner(loop_factory=LOOPS[request.param]) as runner:
            return runner.run(coroutine)

    return run


@pytest.fixture
def memory():
    return bytearray(2 * ROW_BYTES)


@pytest.fixture
def port():
    """A listening socket, and a way to connect to it."""
    with contextlib.ExitStack() as ended:
        listener = ended.enter_context(listen("127.0.0.1", 0))
        yield listener, lambda: ended.enter_context(socket.create_connection(listener.getsockname(), timeout=10))


@contextlib.asynccontextmanager
async def two_processes(listener, memory):
    with listener.dup() as same:
        async with Process(listener, Statistics(memory, 0)) as first, Process(same, Statistics(memory, 1)) as second:
            yield first, second


async def until(condition):
    async with asyncio.timeout(10):
        while not condition():  # noqa: ASYNC110 - there is nothing that would set an event
            await asyncio.sleep(0.001)


def test_processes_that_share_a_port_share_its_connections(run, port, memory, monkeypatch):
    monkeypatch.setattr(accepting, "_PATIENCE_S", 0.05)  # a busy machine stops both for longer than the usual
    monkeypatch.setattr(accepting, "_LONGEST_PATIENCE_S", 0.5)
    listener, connect = port

    async def main():
        async with two_processes(listener, memory) as (first, second):
            for count in range(1, 21):
                connect()
                await until(lambda: len(first.open) + len(second.open) == count)  # noqa: B023 - at once
                assert abs(len(first.open) - len(second.open)) <= 1 + count / 16

    run(main())


def test_many_connections_at_once_are_shared_too(run, port, memory):
    listener, connect = port
    for _ in range(40):
        connect()

    async def main():
        async with two_processes(listener, memory) as (first, second):
            await until(lambda: len(first.open) + len(second.open) == 40)
            assert abs(len(first.open) - len(second.open)) <= 10  # alone, one would have all 40

    run(main())


def test_a_connection_is_left_to_a_process_that_has_fewer(run, port, memory, monkeypatch):
    monkeypatch.setattr(accepting, "_LONGEST_PATIENCE_S", NEVER_S)
    monkeypatch.setattr(accepting, "_PATIENCE_S", NEVER_S)
    listener, connect = port

    async def main():
        other = Statistics(memory, 1)
        other.connected(1)
        async with Process(listener, Statistics(memory, 0)) as process:
            for _ in range(3):
                connect()
            await until(lambda: len(process.open) == 2)
            await asyncio.sleep(0.1)
            assert len(process.open) == 2

    run(main())


def test_a_connection_that_nobody_takes_is_taken_after_a_moment(run, port, memory):
    listener, connect = port

    async def main():
        Statistics(memory, 1).connected(0)  # and is stuck
        async with Process(listener, Statistics(memory, 0)) as process:
            for _ in range(3):
                connect()
            await until(lambda: len(process.open) == 3)

    run(main())


def test_a_process_that_said_nothing_for_a_while_is_not_waited_for(run, port, memory, monkeypatch):
    monkeypatch.setattr(accepting, "_LONGEST_PATIENCE_S", NEVER_S)
    monkeypatch.setattr(accepting, "_PATIENCE_S", NEVER_S)
    monkeypatch.setattr(accepting, "STUCK_AFTER_S", 0.01)
    listener, connect = port

    async def main():
        Statistics(memory, 1).connected(0)
        await asyncio.sleep(0.02)
        async with Process(listener, Statistics(memory, 0)) as process:
            for _ in range(3):
                connect()
            await until(lambda: len(process.open) == 3)

    run(main())


def test_a_process_that_takes_no_connections_is_not_waited_for(run, port, memory, monkeypatch):
    monkeypatch.setattr(accepting, "_LONGEST_PATIENCE_S", NEVER_S)
    monkeypatch.setattr(accepting, "_PATIENCE_S", NEVER_S)
    listener, connect = port

    async def main():
        Statistics(memory, 1).connected(0)
        Statistics(memory, 1)  # started again, and loading
        async with Process(listener, Statistics(memory, 0)) as process:
            for _ in range(3):
                connect()
            await until(lambda: len(process.open) == 3)

    run(main())


def test_the_others_learn_of_connections_that_were_closed(run, port, memory):
    listener, connect = port

    async def main():
        other = Statistics(memory, 1)
        async with Process(listener, Statistics(memory, 0)) as process:
            connections = [connect() for _ in range(3)]
            await until(lambda: other.fewest_elsewhere(10) == 3)
            for connection in connections:
                connection.close()
            await until(lambda: other.fewest_elsewhere(10) == 0)
            assert not process.open

    run(main())


def test_connections_have_no_delay(run, port, memory):
    listener, connect = port

    async def main():
        async with Process(listener, Statistics(memory, 0)) as process:
            connect()
            await until(lambda: process.open)
            (transport,) = process.open
            assert transport.get_extra_info("socket").getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)

    run(main())


def test_an_error_is_logged_and_the_connection_is_taken_later(run, port, memory, monkeypatch, caplog):
    monkeypatch.setattr(accepting, "_AFTER_ERROR_S", 0.01)
    caplog.set_level(logging.ERROR, logger="app.accepting")
    listener, connect = port

    async def main():
        with OneFailure(fileno=listener.dup().detach()) as flaky:
            async with Process(flaky, Statistics(memory, 0)) as process:
                connect()
                await until(lambda: process.open)

    run(main())
    assert [record.getMessage() for record in caplog.records] == ["Cannot take a connection: Too many open files"]


def test_once_closed_it_takes_no_further_connection_and_those_it_took_are_open(run, port, memory):
    listener, connect = port

    async def main():
        async with Process(listener, Statistics(memory, 0)) as process:
            connect()
            other = Statistics(memory, 1)
            await until(lambda: other.fewest_elsewhere(10) == 1)
            await process.acceptor.close()
            assert len(process.open) == 1
            assert other.fewest_elsewhere(10) == math.inf
            connect()
            await asyncio.sleep(0.1)
            assert len(process.open) == 1

    run(main())


def test_connections_that_end_as_fast_as_they_begin_are_soon_not_held_up(run, port, memory, monkeypatch):
    listener, connect = port
    waited: list[float] = []
    pause = Acceptor._pause

    def observed_pause(self, seconds):
        waited.append(seconds)
        pause(self, seconds)

    monkeypatch.setattr(Acceptor, "_pause", observed_pause)

    async def main():
        other = Statistics(memory, 1)
        async with Process(listener, Statistics(memory, 0)) as process, asyncio.timeout(30):
            connect()
            unhindered = 0
            while unhindered < 20:
                other.connected(0)
                before = len(waited)
                with socket.create_connection(listener.getsockname(), timeout=10):
                    await until(lambda: len(process.open) == 2)
                await until(lambda: len(process.open) == 1)
                unhindered = unhindered + 1 if len(waited) == before else 0
            await asyncio.sleep(0.3)
            other.connected(0)
            before = len(waited)
            connect()
            await until(lambda: len(process.open) == 2)
            assert len(waited) > before

    run(main())
    assert waited
