"""That the soak notices what it is there for: answers that are wrong, missing or somebody else's, and growth."""

import asyncio
import contextlib
import json
import os

import pytest

from benchmarks.soak import kinds
from benchmarks.soak.consistency import Consistency
from benchmarks.soak.traffic import Traffic
from benchmarks.soak.watch import Sample, growths, processes

SAYS = {"label": "EAP", "probabilities": {"EAP": 0.7, "HPL": 0.2, "MWS": 0.1}, "model": {"version": 1}}
TEXTS = ["the sea", "the storm", "the snow"]


class Server:
    """Answers every request with the same, unless `change` makes something else of it."""

    def __init__(self, change):
        self._change = change
        self.answers = 0
        self.enough = asyncio.Event()

    async def serve(self, reader, writer):
        with contextlib.suppress(asyncio.IncompleteReadError, ConnectionError):
            while True:
                head = (await reader.readuntil(b"\r\n\r\n")).decode()
                headers = dict(line.lower().split(": ", 1) for line in head.split("\r\n")[1:] if line)
                await reader.readexactly(int(headers.get("content-length", 0)))
                self.answers += 1
                if self.answers == 40:
                    self.enough.set()
                answer = {"status": 200, "id": headers.get("x-request-id", ""), "content": SAYS}
                answer = self._change(self.answers, answer)
                if answer is None:
                    break
                body = json.dumps(answer["content"]).encode()
                start = f"HTTP/1.1 {answer['status']} -\r\nX-Request-ID: {answer['id']}\r\nContent-Length: {len(body)}"
                writer.write(start.encode() + b"\r\n\r\n" + body)
        writer.close()


async def soaked(change):
    server = Server(change)
    listener = await asyncio.start_server(server.serve, "127.0.0.1", 0)
    port = listener.sockets[0].getsockname()[1]
    traffic = Traffic(f"http://127.0.0.1:{port}", TEXTS, rate=500, seed=0, kinds={kinds.one: 1})
    sending = asyncio.create_task(traffic.run())
    await server.enough.wait()
    sending.cancel()
    await sending
    listener.close()
    return traffic


def test_right_answers_are_counted_and_compared():
    traffic = asyncio.run(soaked(lambda number, answer: answer))
    assert (traffic.wrong, traffic.wrongs, traffic.lost_to_kills) == ([], 0, 0)
    assert traffic.answered["one"] + traffic.went_away >= 40
    assert traffic.consistency.compared >= 40 - len(TEXTS) - traffic.went_away
    assert traffic.consistency.versions == [1]


OTHER = SAYS | {"probabilities": {"EAP": 0.6, "HPL": 0.3, "MWS": 0.1}}


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda answer: answer | {"id": "of-another"}, "the answer to another request (of-another)"),
        (lambda answer: answer | {"status": 503}, "503 instead of 200"),
        (
            lambda answer: answer | {"content": OTHER},
            "says (0.6, 0.3, 0.1) of a text and said (0.7, 0.2, 0.1)",
        ),
        (lambda answer: answer | {"content": SAYS | {"label": "MWS"}}, "the label is not the most probable one"),
        (lambda answer: answer | {"content": {}}, "KeyError"),
        (lambda answer: None, "no answer"),
    ],
)
def test_a_single_wrong_answer_is_found(change, said):
    traffic = asyncio.run(soaked(lambda number, answer: change(answer) if number in (30, 31) else answer))
    assert 1 <= traffic.wrongs <= 2
    assert said in traffic.wrong[0]


def test_what_a_killed_process_had_open_is_counted_apart():
    async def run():
        traffic = Traffic("http://127.0.0.1:1", TEXTS, rate=500, seed=0, kinds={kinds.one: 1})
        traffic.killed()
        sending = asyncio.create_task(traffic.run())
        await asyncio.sleep(0.1)
        sending.cancel()
        await sending
        return traffic

    traffic = asyncio.run(run())
    assert traffic.wrongs == 0
    assert traffic.lost_to_kills > 0


def test_probabilities_that_do_not_add_up_are_found():
    assert "do not add up" in str(Consistency().note([(1, "a", (0.5, 0.5, 0.1))]))


def test_versions_may_differ_but_no_version_from_itself():
    consistency = Consistency()
    assert (
        consistency.note([(1, "a", (0.5, 0.5, 0.0)), (2, "a", (0.1, 0.9, 0.0)), (None, "a", (1.0, 0.0, 0.0))]) is None
    )
    assert consistency.note([(1, "a", (0.5, 0.499999, 0.000001))]) is None
    assert consistency.compared == 1
    assert "version 2 says" in str(consistency.note([(2, "a", (0.5, 0.5, 0.0))]))


def looks(memory_of, descriptors_of=lambda at_s: 30, processes_of=lambda at_s: 2):
    return [
        Sample(at_s, "serving", processes_of(at_s), memory_of(at_s), descriptors_of(at_s)) for at_s in range(0, 101, 2)
    ]


def test_memory_that_comes_and_goes_does_not_grow():
    memory, descriptors = growths(looks(lambda at_s: 500 + 200 * (at_s % 20 == 0)), "serving")
    assert (memory.first, memory.second, memory.share) == (500, 500, 0)
    assert descriptors.share == 0


def test_memory_and_descriptors_that_never_go_away_do():
    memory, descriptors = growths(looks(lambda at_s: 500 + at_s, lambda at_s: 30 + at_s // 10), "serving")
    assert (memory.first, memory.second) == (550, 576)
    assert (descriptors.first, descriptors.second) == (35, 37)


def test_looks_at_fewer_processes_than_there_are_do_not_count():
    memory, _ = growths(
        looks(lambda at_s: 100 if at_s == 80 else 500, processes_of=lambda at_s: 2 - (at_s == 80)), "serving"
    )
    assert memory.second == 500


def test_nothing_is_said_of_too_few_looks():
    with pytest.raises(ValueError, match="too few"):
        growths([], "worker")


def test_processes_are_found_by_their_data_folder(tmp_path):
    assert processes(tmp_path) == {}
    pid = os.spawnve(os.P_NOWAIT, "/bin/sleep", ["sleep", "60"], {"TERCET_DATA": str(tmp_path)})
    try:
        while not (found := processes(tmp_path)):
            pass
        assert found == {pid: "parent"}
    finally:
        os.kill(pid, 9)
        os.waitpid(pid, 0)
