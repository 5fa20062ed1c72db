"""Parts of "Models and training" by themselves: reading server-sent events, scales of charts, words for figures."""

import pytest

pytestmark = pytest.mark.browser

EVENTS = (
    ': keep-alive\n\nevent: state\ndata: {"state":"queued"}\nid: 1\n\n'
    "id: 2\r\ndata: one\r\ndata:two\r\n\r\nevent: note\rdata: ü\r\rretry: 5\n\ndata: no end"
)
READ = [
    {"kind": "state", "id": "1", "data": '{"state":"queued"}'},
    {"kind": "message", "id": "2", "data": "one\ntwo"},
    {"kind": "note", "id": "2", "data": "ü"},
]


@pytest.fixture
def call(url, visit):
    """`call(module, script)` runs `script`, a function of a module of the page and an argument."""
    page = visit(url).open("/#training")

    def run(module, script, argument=None):
        address = f"{url}/page/js/training/{module}"
        return page.evaluate(
            f"([address, given]) => import(address).then((m) => ({script})(m, given))", [address, argument]
        )

    return run


@pytest.mark.parametrize("size", [1, 2, 3, 7, 1000])
def test_events_are_read_in_pieces_of_any_size(call, size):
    pieces = [EVENTS[start : start + size] for start in range(0, len(EVENTS), size)]
    script = (
        "(m, pieces) => { const parser = new m.EventParser(); return pieces.flatMap((piece) => parser.push(piece)); }"
    )
    assert call("server_sent_events.js", script, pieces) == READ


@pytest.mark.parametrize(
    ("low", "high", "ticks"),
    [
        (0.21, 1.22, [0, 0.5, 1, 1.5]),
        (0.66, 0.74, [0.66, 0.68, 0.7, 0.72, 0.74]),
        (0, 0, [0, 0.2]),
        (-0.3, 0.1, [-0.3, -0.2, -0.1, 0, 0.1]),
    ],
)
def test_a_scale_has_ticks_at_round_figures_and_room_for_all(call, low, high, ticks):
    script = (
        "(m, [low, high]) => { const s = m.roundScale(low, high, 0, 100, 5); return [s.ticks, s.at(low), s.at(high)]; }"
    )
    found, first, last = call("scale.js", script, [low, high])
    assert found == pytest.approx(ticks)
    assert -1e-9 <= first <= last <= 100 + 1e-9


@pytest.mark.parametrize(
    ("last", "ticks"), [(1, [1]), (5, [1, 2, 3, 4, 5]), (12, [1, 2, 4, 6, 8, 10, 12]), (50, [1, 10, 20, 30, 40, 50])]
)
def test_epochs_are_counted_from_one(call, last, ticks):
    assert call("scale.js", "(m, last) => m.countScale(last, 0, 100, 8).ticks", last) == ticks


@pytest.mark.parametrize(
    ("expression", "words"),
    [
        ("m.signed(-0.0515)", "\N{MINUS SIGN}0.051"),
        ("m.signed(0.25)", "+0.250"),
        ("m.figure(null)", "–"),
        ("m.several(1, 'row')", "1 row"),
        ("m.several(1234, 'row')", "1,234 rows"),
        ("m.listed(['a', 'b', 'c'])", "a, b and c"),
        ("m.sentence('no column')", "No column."),
        ("m.duration(3700)", "1 h 2 min"),
        ("m.bytes(21132)", "21.1 kB"),
    ],
)
def test_figures_are_written_for_people(call, expression, words):
    assert call("format.js", f"(m) => {expression}") == words
