import errno
import hashlib
import socket

import numpy as np
import pytest

from tests.training.vectors.server import running_server
from training.errors import DownloadError
from training.vectors.download import fetch_vectors
from training.vectors.part import PartFile

CONTENT = np.random.default_rng(1).bytes(1_000_000)
OTHER = np.random.default_rng(2).bytes(1_000_000)
HALF = 500_000


@pytest.fixture(autouse=True)
def no_proxy(monkeypatch):
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")


@pytest.fixture
def server():
    with running_server() as server:
        server.behaviours = [lambda request: request.send_range(CONTENT)]
        yield server


@pytest.fixture
def pauses():
    return []


@pytest.fixture
def target(tmp_path):
    return tmp_path / "new folder" / "glove.6B.zip"


@pytest.fixture
def fetch(server, target, progress, pauses):
    def fetch(content=CONTENT, **options):
        options = {"url": server.url, "size": len(content), "progress": progress, "sleep": pauses.append} | options
        return fetch_vectors(target, sha256=hashlib.sha256(content).hexdigest(), **options)

    return fetch


def begin(target, content, validator='"one"'):
    """An earlier run left `content` behind."""
    part = PartFile(target)
    part.restart(validator)
    list(part.append([content]))
    return part


def leftovers(target):
    return sorted(path.name for path in target.parent.iterdir()) if target.parent.exists() else []


def test_a_whole_download_is_checked_and_leaves_nothing_else_behind(fetch, server, target, progress, pauses):
    assert fetch() == target
    assert target.read_bytes() == CONTENT
    assert leftovers(target) == ["glove.6B.zip"]
    assert progress.stages[0] == ("Downloading glove.6B.zip", len(CONTENT))
    assert progress.done == sorted(progress.done)
    assert progress.done[-1] == len(CONTENT)
    assert (len(server.requests), pauses) == (1, [])


def test_a_file_that_is_there_and_right_is_not_fetched_again(fetch, server, target, progress):
    fetch()
    fetch()
    assert len(server.requests) == 1
    assert "there already" in progress.notes[0]


def test_a_file_that_is_there_and_wrong_is_replaced(fetch, target):
    target.parent.mkdir()
    target.write_bytes(OTHER)
    fetch()
    assert target.read_bytes() == CONTENT


def test_a_connection_dropped_half_way_is_resumed_where_it_broke(fetch, server, target, progress, pauses):
    server.behaviours.insert(0, lambda request: request.send_range(CONTENT, cut=HALF))
    fetch()
    assert target.read_bytes() == CONTENT
    assert [(r.range, r.if_range) for r in server.requests] == [(None, None), (f"bytes={HALF}-", '"one"')]
    assert pauses == [1.0]
    assert "trying again in 1 s" in progress.warnings[0]
    assert progress.done == sorted(progress.done)


def test_a_later_run_resumes_what_an_earlier_one_left(fetch, server, target):
    begin(target, CONTENT[:HALF])
    fetch()
    assert target.read_bytes() == CONTENT
    assert server.requests[0].range == f"bytes={HALF}-"


def test_drops_that_each_bring_something_never_exhaust_the_attempts(fetch, server, target, pauses):
    server.behaviours = [lambda request: request.send_range(CONTENT, cut=100_000)]
    fetch(attempts=2)
    assert target.read_bytes() == CONTENT
    assert pauses == [1.0] * 9


def test_drops_that_bring_nothing_end_in_an_error_and_the_part_stays(fetch, server, target, pauses):
    server.behaviours = [
        lambda request: request.send_range(CONTENT, cut=HALF),
        lambda request: request.send_range(CONTENT, cut=0),
    ]
    with pytest.raises(
        DownloadError, match=r"500,000 of 1,000,000 bytes are here, and 4 attempts.*Run the command again"
    ):
        fetch(attempts=4)
    assert pauses == [1.0, 2.0, 4.0]
    assert PartFile(target).size == HALF
    server.behaviours = [lambda request: request.send_range(CONTENT)]
    fetch()
    assert target.read_bytes() == CONTENT


def test_pauses_grow_to_half_a_minute_at_most(fetch, server, pauses):
    server.behaviours = [lambda request: request.send(503)]
    with pytest.raises(DownloadError, match="answered 503"):
        fetch(attempts=9)
    assert pauses == [1, 2, 4, 8, 16, 30, 30, 30]


def test_an_answer_without_a_length_that_ends_early_counts_as_dropped(fetch, server, target):
    server.behaviours.insert(0, lambda request: request.send(200, CONTENT[:HALF], content_length="", etag='"one"'))
    fetch()
    assert target.read_bytes() == CONTENT
    assert server.requests[1].range == f"bytes={HALF}-"


def test_a_server_that_ignores_range_is_read_from_the_start(fetch, server, target):
    begin(target, OTHER[:HALF])
    server.behaviours = [lambda request: request.send(200, CONTENT)]
    fetch()
    assert target.read_bytes() == CONTENT
    assert len(server.requests) == 1


def test_a_server_that_changed_the_file_is_read_from_the_start(fetch, server, target):
    server.behaviours = [
        lambda request: request.send_range(OTHER, cut=HALF, etag='"old"'),
        lambda request: request.send_range(CONTENT, etag='"new"'),
    ]
    fetch()
    assert target.read_bytes() == CONTENT
    assert [r.if_range for r in server.requests] == [None, '"old"']


def part_of_changed_content(request):
    """Heeds Range and not If-Range."""
    request.send(206, CONTENT[request.start :], etag='"new"', content_range=f"bytes {request.start}-999999/1000000")


def part_from_elsewhere(request):
    request.send(206, CONTENT[7:], etag='"one"', content_range="bytes 7-999999/1000000")


def nothing_of_the_sort(request):
    request.send(416, content_range="bytes */1000000")


@pytest.mark.parametrize("behaviour", [part_of_changed_content, part_from_elsewhere, nothing_of_the_sort])
def test_a_rest_that_does_not_fit_makes_it_start_over(fetch, server, target, behaviour):
    begin(target, OTHER[:HALF])
    server.behaviours.insert(0, behaviour)
    fetch()
    assert target.read_bytes() == CONTENT
    assert [r.range for r in server.requests] == [f"bytes={HALF}-", None]


@pytest.mark.parametrize(
    ("headers", "expected"),
    [
        ({"etag": 'W/"weak"', "last_modified": "Mon, 25 Aug 2014 00:00:00 GMT"}, "Mon, 25 Aug 2014 00:00:00 GMT"),
        ({"etag": 'W/"weak"'}, None),
        ({}, None),
    ],
)
def test_without_a_strong_etag_the_date_or_nothing_guards_the_rest(fetch, server, target, headers, expected):
    rest = f"bytes {HALF}-{len(CONTENT) - 1}/{len(CONTENT)}"
    server.behaviours = [
        lambda request: request.send(200, CONTENT, HALF, **headers),
        lambda request: request.send(206, CONTENT[HALF:], content_range=rest),
    ]
    fetch()
    assert target.read_bytes() == CONTENT
    assert (server.requests[1].range, server.requests[1].if_range) == (f"bytes={HALF}-", expected)


def test_a_part_that_is_complete_needs_no_request(fetch, server, target):
    begin(target, CONTENT)
    fetch()
    assert target.read_bytes() == CONTENT
    assert server.requests == []


def test_a_part_that_is_too_long_is_thrown_away(fetch, server, target):
    begin(target, CONTENT + b"x")
    fetch()
    assert target.read_bytes() == CONTENT
    assert server.requests[0].range is None


def test_wrong_content_of_the_right_size_is_removed_and_named(fetch, server, target):
    server.behaviours = [lambda request: request.send_range(OTHER)]
    with pytest.raises(DownloadError, match=f"SHA-256.*{hashlib.sha256(OTHER).hexdigest()}.*removed"):
        fetch()
    assert leftovers(target) == []


def test_content_of_another_size_is_refused_before_it_is_fetched(fetch, server, target):
    server.behaviours = [lambda request: request.send(200, b"<html>moved</html>")]
    with pytest.raises(DownloadError, match="has 18 bytes where 1,000,000 are due"):
        fetch()
    assert leftovers(target) == []


def test_content_that_never_ends_is_cut_off_and_refused(fetch, server, target, progress):
    server.behaviours = [lambda request: request.send(200, CONTENT + OTHER, content_length="")]
    with pytest.raises(DownloadError, match="SHA-256"):
        fetch()
    assert leftovers(target) == []
    assert max(progress.done) == len(CONTENT)


@pytest.mark.parametrize("status", [401, 403, 404, 410])
def test_an_answer_that_another_attempt_cannot_mend_is_an_error_at_once(fetch, server, pauses, status):
    server.behaviours = [lambda request: request.send(status)]
    with pytest.raises(DownloadError, match=rf"glove\.6B\.zip answered {status} .*Check the address"):
        fetch()
    assert (len(server.requests), pauses) == (1, [])


@pytest.mark.parametrize("status", [429, 500, 503])
def test_an_answer_that_may_pass_is_tried_again(fetch, server, target, pauses, status):
    server.behaviours.insert(0, lambda request: request.send(status))
    fetch()
    assert target.read_bytes() == CONTENT
    assert pauses == [1.0]


def test_a_redirect_is_followed_with_its_range(fetch, server, target):
    begin(target, CONTENT[:HALF])
    server.behaviours.insert(0, lambda request: request.send(302, location="/elsewhere.zip"))
    fetch()
    assert target.read_bytes() == CONTENT
    assert [(r.path, r.range) for r in server.requests][1] == ("/elsewhere.zip", f"bytes={HALF}-")


def test_redirects_in_a_circle_are_an_error_at_once(fetch, server, pauses):
    server.behaviours = [lambda request: request.send(302, location="/glove.6B.zip")]
    with pytest.raises(DownloadError, match=r"redirects.*Check the address"):
        fetch()
    assert pauses == []


def test_nobody_listening_is_an_error_after_the_attempts(fetch, pauses):
    with socket.socket() as reserved:  # bound and not listening: connections are refused
        reserved.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{reserved.getsockname()[1]}/glove.6B.zip"
        with pytest.raises(DownloadError, match=r"refused.*3 attempts.*Check the connection"):
            fetch(url=url, attempts=3)
    assert pauses == [1.0, 2.0]


@pytest.mark.parametrize("url", ["ftp://127.0.0.1/glove.6B.zip", "glove.6B.zip", "http://[::1/glove"])
def test_an_address_that_is_none_is_an_error_at_once(fetch, pauses, url):
    with pytest.raises(DownloadError, match="Check the address"):
        fetch(url=url)
    assert pauses == []


def test_a_full_disk_is_an_error_and_what_is_there_stays(fetch, target, monkeypatch):
    begin(target, CONTENT[:HALF])

    def full(self, chunks):
        raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(PartFile, "append", full)
        with pytest.raises(DownloadError, match=r"disk is full. Make room in .*new folder.*Run the command again"):
            fetch()
    assert PartFile(target).size == HALF


def test_a_folder_or_a_place_below_a_file_is_refused(fetch, target):
    target.mkdir(parents=True)
    with pytest.raises(DownloadError, match=r"is a folder. Give the file to write"):
        fetch()
    target.rmdir()
    target.parent.rmdir()
    target.parent.write_text("a file")
    with pytest.raises(DownloadError, match="Choose a folder that can be read and written"):
        fetch()


def test_an_interrupted_run_leaves_a_part_that_the_next_one_goes_on_from(fetch, server, target):
    server.behaviours.insert(0, lambda request: request.send_range(CONTENT, cut=HALF))

    def interrupt(seconds):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        fetch(sleep=interrupt)
    fetch()
    assert target.read_bytes() == CONTENT
    assert server.requests[1].range == f"bytes={HALF}-"
