import pytest
from sqlalchemy.exc import StatementError

from app.errors import NotReadyError
from app.logs.tracebacks import WITHHELD, format_exception, without_messages

SECRET = "the letter that nobody may read"


def raised(error):
    try:
        raise error
    except type(error) as caught:
        return caught


def chained():
    error = RuntimeError("The look-up failed.")
    error.__cause__ = raised(KeyError(SECRET))
    return raised(error)


@pytest.mark.parametrize(
    "error",
    [
        ValueError(SECRET),
        KeyError(SECRET),
        UnicodeEncodeError("utf-8", SECRET, 0, 1, SECRET),
        StatementError(SECRET, None, None, Exception(SECRET)),
        ExceptionGroup("several", [ValueError(SECRET)]),
    ],
)
def test_messages_that_quote_are_withheld(error):
    shown = format_exception(raised(error), quoting=False)
    assert SECRET not in shown
    assert WITHHELD in shown
    assert type(error).__name__ in shown
    assert "test_tracebacks.py" in shown


def test_with_texts_they_are_shown():
    assert SECRET in format_exception(raised(ValueError(SECRET)), quoting=True)


def test_a_cause_is_withheld_as_well_and_what_we_say_is_shown():
    shown = format_exception(chained(), quoting=False)
    assert SECRET not in shown
    assert "The look-up failed." in shown
    assert shown.index("KeyError") < shown.index("RuntimeError")


def test_notes_are_withheld():
    error = RuntimeError("It failed.")
    error.add_note(SECRET)
    assert SECRET not in format_exception(raised(error), quoting=False)


@pytest.mark.parametrize("error", [NotReadyError("No model."), OSError(28, "No space left on device")])
def test_what_quotes_nobody_says_what_went_wrong(error):
    assert str(error) in format_exception(raised(error), quoting=False)


def test_an_exception_that_leads_back_to_itself_ends():
    error = RuntimeError("one")
    error.__cause__ = RuntimeError("two")
    error.__cause__.__context__ = error
    assert format_exception(error, quoting=False).count("RuntimeError: one") == 1


def test_of_a_printed_traceback_places_and_types_are_left():
    printed = f'Traceback:\n  File "training/x.py", line 3, in read\n    raise it\nValueError: {SECRET}\n{SECRET}\n'
    assert without_messages(printed) == 'File "training/x.py", line 3, in read / ValueError'
    assert without_messages(SECRET) == WITHHELD
