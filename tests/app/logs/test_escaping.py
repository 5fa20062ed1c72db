import pytest

from app.logs.escaping import escaped, indented


@pytest.mark.parametrize(
    ("sent", "shown"),
    [
        ("a\r\nb", "a\\x0d\\x0ab"),
        ("\x1b[31mred", "\\x1b[31mred"),
        ("\x00\x7f\x9b", "\\x00\\x7f\\x9b"),
        ("\u2028\u202e", "\\u2028\\u202e"),
        ("\ud800", "\\ud800"),
        ("Größe 大 🙂\\n", "Größe 大 🙂\\n"),
    ],
)
def test_nothing_ends_the_line_or_steers_a_terminal(sent, shown):
    assert escaped(sent) == shown


def test_no_line_of_several_can_pass_for_one_of_the_log():
    assert indented("one\n2026-01-01 INFO forged\rtwo") == "    one\n    2026-01-01 INFO forged\\x0dtwo"
