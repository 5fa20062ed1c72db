import pytest

from app.tracing.context import below, parse

TRACE, SPAN = "4bf92f3577b34da6a3ce929d0e0e4736", "00f067aa0ba902b7"


def parsed(*sent):
    parent = parse(*sent)
    assert parent is not None
    return parent


def header(version="00", trace=TRACE, span=SPAN, flags="01", rest=""):
    return f"{version}-{trace}-{span}-{flags}{rest}".encode()


@pytest.mark.parametrize("flags", ["00", "02", "fe"])
def test_a_caller_that_does_not_sample_says_so(flags):
    assert parsed(header(flags=flags)).sampled is False


@pytest.mark.parametrize(
    "sent", [header(), header(flags="03"), header(version="cc", rest="-what-comes"), header() + b" "]
)
def test_a_sound_place_is_taken(sent):
    parent = parsed(sent)
    assert (parent.trace_id, parent.span_id, parent.sampled) == (TRACE, SPAN, True)


@pytest.mark.parametrize(
    "sent",
    [
        None,
        b"",
        b"nonsense",
        header(trace="0" * 32),
        header(span="0" * 16),
        header(trace=TRACE.upper()),
        header(trace=TRACE[:-1]),
        header(flags="1"),
        header(flags="0g"),
        header(version="ff"),
        header(rest="-more"),
        header(version="cc", rest="more"),
        header() + b"\n",
        "００-".encode() + header()[3:],
    ],
)
def test_any_other_counts_for_nothing(sent):
    assert parse(sent, b"a=1") is None


@pytest.mark.parametrize(
    ("sent", "kept"),
    [
        (b"rojo=00f067aa0ba902b7,congo=t61rcWkgMzE", "rojo=00f067aa0ba902b7,congo=t61rcWkgMzE"),
        (b" a=1 , ,b@c=2\t", "a=1,b@c=2"),
        (b"a=1,a=2", ""),
        (b"A=1", ""),
        (b"a", ""),
        (b"a=\r\nb", ""),
        (",".join(f"k{number}=v" for number in range(33)).encode(), ""),
        (b"a=" + b"x" * 257, ""),
        (",".join(f"k{number}={'v' * 100}" for number in range(6)).encode(), ""),
        (None, ""),
    ],
)
def test_the_state_is_handed_on_if_it_is_sound(sent, kept):
    assert parsed(header(), sent).state == kept


def test_a_new_span_is_below_its_parent():
    trace = below(parse(header(), b"a=1"), sampled=True)
    assert (trace.trace_id, trace.parent_id, trace.state) == (TRACE, SPAN, "a=1")
    assert trace.span_id not in (SPAN, below(parse(header()), sampled=True).span_id)
    assert parsed(trace.header()).span_id == trace.span_id


def test_without_one_a_trace_begins():
    one, other = below(None, sampled=False), below(None, sampled=False)
    assert one.parent_id is None
    assert one.trace_id != other.trace_id
    assert parsed(one.header()).sampled is False
