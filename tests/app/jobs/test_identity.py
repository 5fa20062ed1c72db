"""Who a worker is."""

import os
import subprocess
import sys
from dataclasses import replace

from app.jobs.identity import Identity, start_of

HERE = Identity.of_this_process()


def test_an_identity_survives_being_written():
    assert Identity.parse(str(HERE)) == HERE
    assert (HERE.pid, len(str(HERE)) < 255) == (os.getpid(), True)


def test_what_is_none_is_not_taken_for_one():
    for text in ("", "worker-1", "a:b:c:d:e", "a:b:c:1", "a:b:c:1:2:3"):
        assert Identity.parse(text) is None


def test_a_process_that_lives_is_not_gone():
    assert not HERE.is_gone()


def test_another_process_of_the_same_number_is_another():
    assert replace(HERE, start=HERE.start - 60).is_gone()


def test_of_another_place_nothing_is_known():
    assert not replace(HERE, place="another-boot:1", start=1).is_gone()


def test_a_dead_process_is_gone_before_it_is_reaped():
    process = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    identity = replace(HERE, pid=process.pid, start=start_of(process.pid) or 0)
    assert not identity.is_gone()
    process.kill()
    os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOWAIT)
    assert identity.is_gone()
    assert process.stdin is not None
    process.stdin.close()
    process.wait()
    assert start_of(process.pid) is None
