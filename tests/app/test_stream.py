"""The pipeline by itself, on a fake engine and a connection whose every step a test decides."""

import asyncio
import contextlib
import json

import pytest

from app.classifier import MOST_ROWS
from app.service import Service
from app.stream import CONNECTION, MOST_PARTS, Stream
from tests.app.fakes import FakeEngine, SteppedEngine, fake_serving, settings

GOOD = b'{"text": "one"}\n'
FULL_PART = GOOD * MOST_ROWS


class Wire:
    """What uvicorn is to a stream: messages in, messages out, and a client that can stop reading."""

    def __init__(self):
        self.arriving: asyncio.Queue[dict[str, object]] = asyncio.Queue()
        self.taken = 0
        self.sent: list[dict[str, object]] = []
        self.reading = asyncio.Event()
        self.reading.set()
        self.step = asyncio.Event()
        self.aborted = False
        self.gone = False

    def put(self, body=b"", more=True):
        self.arriving.put_nowait({"type": "http.request", "body": body, "more_body": more})

    def leave(self):
        self.gone = True
        self.reading.set()
        self.arriving.put_nowait({"type": "http.disconnect"})

    def abort(self):
        self.aborted = True
        self.leave()

    async def receive(self):
        message = await self.arriving.get()
        self.taken += 1
        self.step.set()
        return message

    async def send(self, message):
        await self.reading.wait()
        if not self.gone:
            self.sent.append(message)
            self.step.set()

    async def until(self, condition):
        """Return once `condition` holds; what waits in vain is ended by the time-out of `streaming`."""
        while not condition():
            self.step.clear()
            await self.step.wait()

    @property
    def chunks(self):
        return [message["body"] for message in self.sent[1:] if message["body"]]

    @property
    def lines(self):
        return [json.loads(line) for line in b"".join(self.chunks).splitlines()]

    @property
    def complete(self):
        return bool(self.sent) and not self.sent[-1].get("more_body", True)


@contextlib.asynccontextmanager
async def streaming(engine=None, **values):
    """A stream that runs, the wire it is on, and its service. Whatever happened, nothing of it is left afterwards."""
    service, wire = Service(settings(**values), lambda *_: fake_serving(engine)), Wire()
    service.start()
    await service.loaded()
    scope = {"type": "http", "extensions": {CONNECTION: {"abort": wire.abort}}}
    before = asyncio.all_tasks()
    run = asyncio.create_task(Stream(service, scope, wire.receive, wire.send).run())
    try:
        async with asyncio.timeout(20):
            yield wire, service, run
            await asyncio.wait({run})
        assert asyncio.all_tasks() == before
        texts = service.statistics.totals()["texts"]
        assert texts["waiting"] == 0
        service.classifier.check_room()
        assert service.classifier._admission.taken == 0
        if not run.cancelled():
            run.result()
    finally:
        service.stop()
        if (thread := service._batcher._thread) is not None:
            await asyncio.to_thread(thread.join, timeout=10)


def test_answers_come_in_order_one_chunk_a_part():
    engine = FakeEngine()

    async def main():
        async with streaming(engine) as (wire, _, _):
            wire.put(b"".join(b'{"text": "%s"}\n' % (b"one", b"three")[n % 2] for n in range(300)))
            wire.put(b'{"text": "last"}', more=False)
        return wire

    wire = asyncio.run(main())
    assert wire.sent[0]["status"] == 200
    assert wire.sent[0]["headers"] == [(b"content-type", b"application/x-ndjson")]
    assert [each["probabilities"]["few"] for each in wire.lines] == [0.5, 0.25] * 150 + [1.0]
    assert [chunk.count(b"\n") for chunk in wire.chunks] == engine.batches == [128, 128, 45]
    assert wire.complete


def test_a_line_is_answered_before_the_next_one_is_sent():
    async def main():
        async with streaming() as (wire, _, _):
            for count in range(1, 4):
                wire.put(GOOD)
                await wire.until(lambda expected=count: len(wire.chunks) == expected)
            wire.put(more=False)
        return wire

    assert asyncio.run(main()).complete


def test_the_answer_begins_before_the_first_line():
    async def main():
        async with streaming() as (wire, _, _):
            await wire.until(lambda: wire.sent)
            assert wire.taken == 0
            wire.put(more=False)
        return wire

    wire = asyncio.run(main())
    assert wire.lines == []
    assert wire.complete


def test_lines_that_come_while_the_network_runs_go_together_into_the_next_run():
    engine = SteppedEngine()

    async def main():
        async with streaming(engine) as (wire, _, _):
            wire.put(GOOD)
            await engine.entered()
            for _ in range(10):
                wire.put(GOOD)
            await wire.until(lambda: wire.taken == 11)
            engine.go_on(2)
            await wire.until(lambda: len(wire.lines) == 11)
            wire.put(more=False)

    asyncio.run(main())
    assert engine.batches == [1, 10]


def test_little_is_read_ahead_and_little_is_in_flight_while_the_network_is_slow():
    engine = SteppedEngine()

    async def main():
        async with streaming(engine) as (wire, service, _):
            for _ in range(20):
                wire.put(FULL_PART)
            await wire.until(lambda: wire.taken == MOST_PARTS + 1)
            await asyncio.sleep(0.05)
            assert wire.taken == MOST_PARTS + 1
            assert service.statistics.totals()["texts"]["waiting"] == MOST_PARTS * MOST_ROWS
            wire.put(more=False)
            engine.go_on(20)
        return wire

    assert len(asyncio.run(main()).lines) == 20 * MOST_ROWS


def test_a_client_that_does_not_read_is_not_read_from():
    async def main():
        async with streaming() as (wire, _, _):
            wire.reading.clear()
            for _ in range(20):
                wire.put(FULL_PART)
            await wire.until(lambda: wire.taken)
            await asyncio.sleep(0.05)
            assert wire.taken <= MOST_PARTS + 1
            wire.put(more=False)
            wire.reading.set()
        return wire

    assert len(asyncio.run(main()).lines) == 20 * MOST_ROWS


def test_a_bad_line_is_answered_in_its_place_and_the_stream_goes_on():
    async def main():
        async with streaming(max_body_bytes=100) as (wire, _, _):
            wire.put(b'{"text": "one"}\n\nbad\n' + b"x" * 101)
            wire.put(b"x" * 1000 + b'\n{"text": "three"}\n')
            wire.put(more=False)
        return wire.lines

    first, bad, long, last = asyncio.run(main())
    assert (first["label"], last["probabilities"]["few"]) == ("few", 0.25)
    assert [(each["error"]["line"], each["error"]["status"]) for each in (bad, long)] == [(3, 400), (4, 413)]


def test_a_failing_network_fails_its_lines_alone():
    engine = FakeEngine()
    engine.error, engine.poison = RuntimeError("broken"), 3

    async def main():
        async with streaming(engine) as (wire, _, _):
            for count, text in enumerate((b"one", b"three", b"two"), 1):
                wire.put(b'{"text": "%s"}\n' % text)
                await wire.until(lambda expected=count: len(wire.lines) == expected)
            wire.put(more=False)
        return wire.lines

    first, failed, last = asyncio.run(main())
    assert (failed["error"]["status"], failed["error"]["line"]) == (500, 2)
    assert "label" in first
    assert "label" in last


def test_later_parts_are_answered_by_the_model_that_serves_then():
    async def main():
        async with streaming() as (wire, service, _):
            wire.put(GOOD)
            await wire.until(lambda: wire.lines)
            await service.models.load(lambda: fake_serving(version=8))
            wire.put(GOOD, more=False)
        return wire.lines

    assert [each["model"]["version"] for each in asyncio.run(main())] == [7, 8]


def test_a_client_that_leaves_while_it_sends_ends_everything():
    async def main():
        async with streaming() as (wire, _, _):
            wire.put(GOOD + b'{"text": "half a')
            await wire.until(lambda: wire.lines)
            wire.leave()
        return wire

    assert not asyncio.run(main()).complete


@pytest.mark.parametrize("ended", [False, True])
def test_a_client_that_leaves_while_it_waits_has_its_texts_taken_out_of_the_queue(ended):
    engine = SteppedEngine()

    async def main():
        async with streaming(engine) as (wire, service, run):
            wire.put(2 * FULL_PART + GOOD, more=not ended)
            await engine.entered()
            wire.leave()
            await run
            texts = service.statistics.totals()["texts"]
            assert (texts["cancelled"], texts["answered"]) == (texts["accepted"], 0)
            engine.go_on(3)

    asyncio.run(main())
    assert engine.batches == [MOST_ROWS]


def test_a_client_that_leaves_while_it_does_not_read_ends_everything():
    async def main():
        async with streaming() as (wire, _, _):
            wire.reading.clear()
            for _ in range(20):
                wire.put(FULL_PART)
            await asyncio.sleep(0.05)
            wire.leave()
        return wire

    assert asyncio.run(main()).sent == []


def test_a_client_that_sends_nothing_for_too_long_is_told_and_the_stream_ends():
    async def main():
        async with streaming(stream_idle_s=1) as (wire, _, run):
            wire.put(GOOD + b'{"text": "half a')
            await run
            assert not wire.aborted
        return wire

    wire = asyncio.run(main())
    answered, last = wire.lines
    assert "label" in answered
    assert (last["error"]["status"], last["error"]["line"]) == (408, 2)
    assert "TERCET_STREAM_IDLE_S" in last["error"]["detail"]
    assert wire.complete


def test_a_blank_line_keeps_a_stream_alive_and_half_a_line_does_not():
    async def main():
        async with streaming(stream_idle_s=3) as (wire, _, run):
            for _ in range(4):
                wire.put(b"\n")
                await asyncio.sleep(1)
            assert not run.done()
            began = asyncio.get_running_loop().time()
            while not run.done():
                wire.put(b"x")
                await asyncio.sleep(0.05)
            return wire, asyncio.get_running_loop().time() - began

    wire, took_s = asyncio.run(main())
    assert wire.lines[0]["error"]["line"] == 5
    assert took_s < 30


def test_a_client_that_does_not_read_for_too_long_loses_its_connection(caplog):
    caplog.set_level("INFO")

    async def main():
        async with streaming(stream_idle_s=1) as (wire, _, run):
            wire.put(GOOD)
            await wire.until(lambda: wire.lines)
            wire.reading.clear()
            for _ in range(20):
                wire.put(FULL_PART)
            await run
        return wire

    wire = asyncio.run(main())
    assert wire.aborted
    assert "read nothing for 1 s" in caplog.text


def test_a_slow_network_is_not_held_against_the_client():
    engine = SteppedEngine()

    async def main():
        async with streaming(engine, stream_idle_s=1) as (wire, _, run):
            wire.put(GOOD)
            await engine.entered()
            await asyncio.sleep(1.5)
            assert not run.done()
            engine.go_on()
            await wire.until(lambda: wire.lines)
            wire.put(more=False)
        return wire

    assert asyncio.run(main()).complete


def test_a_service_that_shuts_down_answers_what_has_come_and_says_where_it_stopped():
    engine = SteppedEngine()

    async def main():
        async with streaming(engine) as (wire, service, run):
            wire.put(FULL_PART + GOOD * 2 + b'{"text": "half a')
            await engine.entered()
            service.drain()
            await asyncio.sleep(0.01)
            wire.put(b' line"}\n' + GOOD)
            engine.go_on(2)
            await run
        return wire

    wire = asyncio.run(main())
    *answered, last = wire.lines
    assert len(answered) == MOST_ROWS + 2
    assert all("label" in each for each in answered)
    assert (last["error"]["status"], last["error"]["title"]) == (503, "Service Unavailable")
    assert last["error"]["line"] == MOST_ROWS + 3
    assert wire.complete


def test_a_shut_down_after_the_last_line_leaves_the_answers_as_they_are():
    engine = SteppedEngine()

    async def main():
        async with streaming(engine) as (wire, service, _):
            wire.put(GOOD, more=False)
            await engine.entered()
            service.drain()
            await asyncio.sleep(0.01)
            engine.go_on()
        return wire

    (only,) = asyncio.run(main()).lines
    assert "label" in only


def test_a_cancelled_stream_leaves_nothing():
    engine = SteppedEngine()

    async def main():
        async with streaming(engine) as (wire, _, run):
            wire.put(3 * FULL_PART)
            await engine.entered()
            run.cancel()
            await asyncio.wait({run})
            engine.go_on(3)
        return run

    assert asyncio.run(main()).cancelled()
    assert engine.batches == [MOST_ROWS]
