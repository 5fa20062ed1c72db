import os
import threading
import time

import pytest

from app.logs import writer
from app.logs.writer import LineWriter, blocks


def write(out):
    for number in range(500):
        out.write(f"w{number}\n")


@pytest.fixture
def pipe():
    reading, writing = os.pipe()
    yield reading, writing
    for descriptor in (reading, writing):
        os.close(descriptor)


def test_what_was_put_comes_by_itself(pipe):
    reading, writing = pipe
    out = LineWriter(writing)
    out.put("one\n")
    out.put("two\n")
    assert os.read(reading, 100) == b"one\ntwo\n"


def test_a_line_that_is_written_at_once_comes_after_those_that_wait(pipe):
    reading, writing = pipe
    out = LineWriter(writing)
    out.put("one\n")
    out.write("two\n")
    assert os.read(reading, 100) == b"one\ntwo\n"


def test_blocks_are_whole_lines():
    assert list(blocks(["123\n", "456\n", "789\n", "a" * 20 + "\n", "b\n"], 10)) == [
        b"123\n456\n",
        b"789\n",
        b"a" * 20 + b"\n",
        b"b\n",
    ]


def test_halves_of_surrogate_pairs_are_written_as_their_escapes(pipe):
    LineWriter(pipe[1]).write("\ud800\n")
    assert os.read(pipe[0], 100) == b"\\ud800\n"


def test_nothing_is_lost_while_others_write(pipe):
    reading, writing = pipe
    out = LineWriter(writing)
    read = []

    def drain():
        while b"end\n" not in (block := os.read(reading, 1 << 16)):
            read.append(block)
        read.append(block)

    reader = threading.Thread(target=drain)
    reader.start()
    other = threading.Thread(target=write, args=(out,))
    other.start()
    for number in range(20_000):
        out.put(f"p{number}\n")
    other.join()
    out.write("end\n")
    reader.join()
    lines = b"".join(read).decode().split()
    assert [line for line in lines if line[0] == "p"] == [f"p{number}" for number in range(20_000)]
    assert sum(line[0] == "w" for line in lines) == 500


def test_where_nobody_reads_lines_are_counted_and_not_kept_for_ever(pipe, monkeypatch):
    monkeypatch.setattr(writer, "_MOST_WAITING", 2)
    monkeypatch.setattr(writer, "GATHER_S", 60)
    out = LineWriter(pipe[1])
    for number in range(5):
        out.put(f"{number}\n")
    out.flush()
    assert os.read(pipe[0], 100) == b"0\n1\n3 lines were lost\n"


def test_a_standard_error_that_is_gone_ends_nothing():
    reading, writing = os.pipe()
    os.close(reading)
    LineWriter(writing).write("one\n")
    os.close(writing)


def test_a_descriptor_that_does_not_block_is_waited_for(pipe):
    reading, writing = pipe
    os.set_blocking(writing, False)
    line = "x" * (1 << 20) + "\n"
    thread = threading.Thread(target=LineWriter(writing).write, args=(line,))
    thread.start()
    read = 0
    while read < len(line):
        time.sleep(0.001)
        read += len(os.read(reading, 1 << 16))
    thread.join()
