"""How a training ended, in words."""

import signal

import pytest

from app.jobs.ending import Exit
from model.run_events import Failure

MEMORY = "Memory ran out. Give the worker more of it, or train on fewer rows or with a smaller preset."


@pytest.fixture
def words(tmp_path):
    def words(code, *, failure=None, said="", before="", kills=0):
        log = tmp_path / "training.log"
        log.write_text(before + said)
        return Exit(code, failure, log, len(before), kills).in_words()

    return words


def failure(message, kind=None):
    return Failure(event="error", message=message, type=kind)


def test_what_it_says_itself_goes_before_everything_else(words):
    assert words(-signal.SIGKILL, failure=failure("No rows."), said="noise", kills=1) == "No rows."


@pytest.mark.parametrize(
    ("message", "kind"), [("there is none left", "MemoryError"), ("RESOURCE_EXHAUSTED: OOM when allocating", "Error")]
)
def test_a_lack_of_memory_that_it_says_itself(words, message, kind):
    assert words(1, failure=failure(message, kind)) == f"{MEMORY} ({message})"


def test_a_kill_by_the_kernel(words):
    assert words(-signal.SIGKILL, kills=1) == f"{MEMORY} (The kernel killed the training: SIGKILL.)"


def test_a_kill_by_somebody(words):
    expected = "The training was ended by SIGKILL, which somebody or something outside of Tercet sent."
    assert words(-signal.SIGKILL) == f"{expected} It said nothing on standard error."


def test_another_signal_while_the_kernel_killed_somebody_is_that_signal(words):
    assert words(-signal.SIGSEGV, kills=1).startswith("The training was ended by SIGSEGV: it crashed.")


def test_a_signal_without_a_name(words):
    assert words(-40).startswith("The training was ended by ")


def test_only_the_last_words_of_this_attempt_are_quoted(words):
    text = words(3, before="of an earlier attempt\n", said="one\n\ntwo\nthree\n  four  \n")
    assert text == "The training ended with exit code 3. The last that it said: two / three / four"


def test_a_log_that_is_gone_is_no_reason_to_fail(tmp_path):
    text = Exit(3, None, tmp_path / "gone.log", 0, 0).in_words()
    assert text == "The training ended with exit code 3. It said nothing on standard error."
