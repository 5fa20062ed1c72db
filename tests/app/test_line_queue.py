from app.classifier import MOST_ROWS
from app.line_queue import MOST_BYTES, LineQueue


def parts_of(*groups):
    queue = LineQueue()
    parts = []
    for lines in groups:
        queue.add(lines)
        while queue.has_full_part():
            parts.append(queue.take_part())
    while queue:
        parts.append(queue.take_part())
    return parts


def test_lines_come_back_in_order_with_their_numbers():
    parts = parts_of([b"%d" % n for n in range(100)], [b"%d" % n for n in range(100, 300)])
    assert [(part.first, len(part.lines)) for part in parts] == [(1, MOST_ROWS), (129, MOST_ROWS), (257, 44)]
    assert [line for part in parts for line in part.lines] == [b"%d" % n for n in range(300)]


def test_a_part_has_no_more_bytes_than_the_limit_but_for_a_single_line():
    half = b"x" * (MOST_BYTES // 2)
    parts = parts_of([half, b"", half, b"a", None, 5 * half, b"b", half + b"x", half])
    assert [[-1 if line is None else len(line) for line in part.lines] for part in parts] == [
        [len(half), 0, len(half)],
        [1, -1],
        [5 * len(half)],
        [1, len(half) + 1],
        [len(half)],
    ]


def test_a_part_is_full_where_another_line_would_not_go_into_it():
    queue = LineQueue()
    queue.add([b"a"] * (MOST_ROWS - 1))
    assert not queue.has_full_part()
    queue.add([b"a"])
    assert queue.has_full_part()
    queue.take_part()
    queue.add([b"x" * (MOST_BYTES - 1)])
    assert not queue.has_full_part()
    queue.add([b"x"])
    assert queue.has_full_part()
    assert queue.next_number == MOST_ROWS + 1
