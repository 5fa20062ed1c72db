import pytest

from model.locking import exclusive


def test_who_does_not_wait_is_told_that_the_lock_is_held(tmp_path):
    with exclusive(tmp_path), pytest.raises(BlockingIOError), exclusive(tmp_path, wait=False):
        pytest.fail("two hold it")
    with exclusive(tmp_path, wait=False):
        pass
