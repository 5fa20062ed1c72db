import pytest

from app.statistics.keyed import OTHER, Keyed, KeyedForm, read

FORM = KeyedForm(slots=4, values=2, cells=4)


def cells(form=FORM):
    return memoryview(bytearray(8 * form.size)).cast("d")


def count(table, key, first, second=0):
    offset = table.offset(key)
    table.cells[offset] += first
    table.cells[offset + 1] += second


def test_values_are_found_under_their_keys():
    memory = cells()
    table = Keyed(memory, FORM)
    count(table, b"a", 1, 2)
    count(table, b"b", 3)
    count(table, b"a", 10)
    assert dict(read(memory, FORM)) == {b"a": [11, 2], b"b": [3, 0]}


def test_what_finds_no_room_shares_one_slot():
    memory = cells()
    table = Keyed(memory, FORM)
    for number in range(1000):
        count(table, b"%d" % number, 1)
    assert dict(read(memory, FORM)) == {b"0": [1, 0], b"1": [1, 0], b"2": [1, 0], OTHER: [997, 0]}


def test_a_process_that_takes_over_goes_on_with_the_keys_it_finds():
    memory = cells()
    count(Keyed(memory, FORM), b"a", 1)
    successor = Keyed(memory, FORM)
    count(successor, b"b", 5)
    count(successor, b"a", 1)
    assert dict(read(memory, FORM)) == {b"a": [2, 0], b"b": [5, 0]}


@pytest.mark.parametrize("key", [b"", b"x" * 15])
def test_a_key_may_be_empty_or_fill_its_cells(key):
    memory = cells()
    count(Keyed(memory, FORM), key, 1)
    assert dict(read(memory, FORM)) == {key: [1, 0]}


def test_a_key_that_is_too_long_is_cut():
    memory = cells()
    table = Keyed(memory, FORM)
    count(table, b"x" * 16, 1)
    count(table, b"x" * 99, 1)
    assert dict(read(memory, FORM)) == {b"x" * 15: [2, 0]}


def test_the_longest_key_has_a_length_that_fits_into_a_byte():
    assert KeyedForm(slots=1, values=1, cells=100).longest_key == 254
