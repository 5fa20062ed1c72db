"""Uploads to the real service, by clients that do not behave."""

import contextlib
import itertools
import os
import resource
import signal
import socket
import threading
import time
from pathlib import Path
from urllib.parse import urlsplit

import httpx
import pytest

from tests.app.datasets.uploads import CSV
from tests.app.process import client_of, started

ADMIN = "admin-key-0123456789ab"
LIMIT = 60_000_000
LARGE = 50_000_000
CHUNK = 1 << 16
IDLE_S = 2


def rows(size_bytes, words=b""):
    """The content of a CSV file of about so many bytes, in pieces; each text occurs once. Short rows check slowly."""
    yield b"text,label\n"
    sent = 0
    for first in itertools.count(0, 2000):
        numbers = range(first, first + 2000)
        piece = b"".join(b"text of number %d%s,%s\n" % (n, words, (b"calm", b"storm")[n % 2]) for n in numbers)
        sent += len(piece)
        yield piece
        if sent >= size_bytes:
            return


@pytest.fixture(scope="module")
def service(tmp_path_factory, toy_models):
    folder = tmp_path_factory.mktemp("service")
    data = folder / "var"
    data.mkdir()
    (data / "models").symlink_to(toy_models)
    options = {"ADMIN_KEYS": ADMIN, "MAX_DATASET_BYTES": LIMIT, "STREAM_IDLE_S": IDLE_S, "WORKER": "none"}
    with started(folder, DATA=data, **options) as service:
        service.wait_until_ready()  # which takes memory too
        service.uploads = data / "datasets"
        yield service
        assert "Traceback" not in service.log()


@pytest.fixture
def client(service):
    with client_of(service) as client:
        client.headers["X-API-Key"] = ADMIN
        client.timeout = 120
        yield client


@contextlib.contextmanager
def connection(service, *headers, name="cut", key=ADMIN):
    address = urlsplit(service.url)
    with socket.create_connection((address.hostname, address.port), timeout=60) as connected:
        head = [f"PUT /datasets/{name} HTTP/1.1", "Host: x", f"X-API-Key: {key}", *headers, "", ""]
        connected.sendall("\r\n".join(head).encode())
        yield connected


def everything(connected):
    return b"".join(iter(lambda: connected.recv(65_536), b""))


def until(condition):
    deadline = time.monotonic() + 20
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.02)


def left(service):
    return [path.name for path in service.uploads.glob(".*")]


def checks(service):
    """The processes that check a file for the service."""
    found = []
    for stat in Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError, IndexError):
            parent = int(stat.read_text().rpartition(")")[2].split()[1])
            if parent == service.process.pid and b"check" in (stat.parent / "cmdline").read_bytes().split(b"\0"):
                found.append(int(stat.parent.name))
    return found


def resident_bytes(service):
    status = Path(f"/proc/{service.process.pid}/status").read_text()
    return int(status.partition("VmRSS:")[2].split()[0]) * 1024


def test_a_file_of_50_mb_is_taken_in_little_memory_while_others_are_answered(service, client):
    client.put("/datasets/small", content=CSV)
    before, most, answers, done = resident_bytes(service), 0, [], threading.Event()

    def watch():
        nonlocal most
        with client_of(service) as other:
            while not done.wait(0.02):
                most = max(most, resident_bytes(service))
                answers.append(other.post("/predict", json={"text": "the sea"}).status_code)

    watcher = threading.Thread(target=watch)
    watcher.start()
    answer = client.put("/datasets/large", content=rows(LARGE, b" and more" * 20))
    done.set()
    watcher.join()
    assert answer.status_code == 201, answer.text
    assert answer.json()["size_bytes"] > LARGE
    assert sum(answer.json()["labels"].values()) == answer.json()["rows"] > 200_000
    assert set(answers) == {200}
    assert most - before < 24 << 20
    assert left(service) == []


@pytest.mark.parametrize("headers", [["Content-Length: 10000000"], ["Transfer-Encoding: chunked"]])
@pytest.mark.parametrize("sent", [0, 100, 5_000_000])
@pytest.mark.parametrize("reset", [False, True])
def test_a_connection_that_is_cut_leaves_nothing(service, headers, sent, reset):
    with connection(service, *headers) as connected:
        body = b"x" * sent
        connected.sendall(b"%x\r\n%s\r\n" % (len(body), body) if "chunked" in headers[0] and sent else body)
        if sent > 1_000_000:
            until(lambda: left(service))
        if reset:
            connected.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
    until(lambda: not left(service))


def test_a_client_that_leaves_while_its_file_is_checked_leaves_neither_file_nor_check(service):
    body = b"".join(rows(LARGE))
    with connection(service, f"Content-Length: {len(body)}") as connected:
        connected.sendall(body)
        until(lambda: checks(service))
        assert left(service)
    until(lambda: not left(service) and not checks(service))
    assert not (service.uploads / "cut").exists()


def test_a_client_that_falls_silent_is_answered_and_leaves_nothing(service):
    with connection(service, "Content-Length: 10000000") as connected:
        connected.sendall(b"x" * 2_000_000)
        until(lambda: left(service))
        answer = everything(connected)
    assert answer.startswith(b"HTTP/1.1 408 ")
    assert b"TERCET_STREAM_IDLE_S" in answer
    assert left(service) == []


def test_a_file_over_the_limit_is_refused_before_it_comes_where_its_length_is_declared(service):
    with connection(service, f"Content-Length: {LIMIT + 1}", "Connection: close") as connected:
        assert connected.recv(12) == b"HTTP/1.1 413"


def test_a_file_over_the_limit_is_refused_as_it_comes_and_the_client_reads_so(service, client):
    answer = client.put("/datasets/cut", content=(b"x" * CHUNK for _ in range(LIMIT // CHUNK + 100)))
    assert answer.status_code == 413
    assert "TERCET_MAX_DATASET_BYTES" in answer.json()["detail"]
    assert left(service) == []


def test_without_a_key_nothing_is_written_and_the_client_reads_why(service):
    with client_of(service) as client:
        assert client.put("/datasets/cut", content=rows(10_000_000)).status_code == 401
    with connection(service, "Content-Length: 1000", "Expect: 100-continue", key="unknown") as connected:
        assert connected.recv(12) == b"HTTP/1.1 401"
    assert left(service) == []


def test_a_full_disk_is_said_and_leaves_nothing(service, client):
    """A limit on the size of a file stands for a disk without room: both are an error of write(2)."""
    pid, unlimited = service.process.pid, (resource.RLIM_INFINITY, resource.RLIM_INFINITY)
    resource.prlimit(pid, resource.RLIMIT_FSIZE, (5_000_000, resource.RLIM_INFINITY))
    try:
        answer = client.put("/datasets/cut", content=rows(10_000_000))
    finally:
        resource.prlimit(pid, resource.RLIMIT_FSIZE, unlimited)
    assert answer.status_code == 507
    assert answer.headers["content-type"] == "application/problem+json"
    assert left(service) == []
    assert client.put("/datasets/after", content=CSV).status_code == 201


@pytest.mark.parametrize(
    "path", ["..", "../../etc/passwd", "/etc/passwd", "%2e%2e%2fx", "a/../../b", "a\\b", "\xff\xfe"]
)
def test_a_path_is_never_one_of_the_disk(service, path):
    before = sorted(service.uploads.rglob("*"))
    address = urlsplit(service.url)
    with socket.create_connection((address.hostname, address.port), timeout=30) as connected:
        head = f"PUT /datasets/{path} HTTP/1.1\r\nHost: x\r\nX-API-Key: {ADMIN}\r\n"
        connected.sendall(head.encode("latin-1") + b"Connection: close\r\nContent-Length: %d\r\n\r\n" % len(CSV) + CSV)
        assert everything(connected)[:12] in (b"HTTP/1.1 400", b"HTTP/1.1 422")
    assert sorted(service.uploads.rglob("*")) == before


def test_a_service_that_is_killed_in_a_check_takes_the_check_with_it_and_starts_clean(tmp_path, toy_models):
    data = tmp_path / "var"
    data.mkdir()
    (data / "models").symlink_to(toy_models)
    options = {"DATA": data, "ADMIN_KEYS": ADMIN, "WORKER": "none"}
    body = b"".join(rows(LARGE))
    with started(tmp_path, **options) as service:
        service.wait_until_ready()
        with connection(service, f"Content-Length: {len(body)}") as connected:
            connected.sendall(body)
            until(lambda: checks(service))
            (check,) = checks(service)
            service.process.send_signal(signal.SIGKILL)
            service.process.wait()
    until(lambda: not Path(f"/proc/{check}").exists())
    (abandoned,) = (data / "datasets").iterdir()
    os.utime(abandoned, (time.time() - 4000,) * 2)
    with started(tmp_path, **options) as service, httpx.Client(base_url=service.url, trust_env=False) as client:
        service.wait_until_ready()
        client.headers["X-API-Key"] = ADMIN
        assert client.get("/datasets").json() == {"datasets": []}
        assert client.put("/datasets/a", content=CSV, timeout=60).status_code == 201
    assert [path.name for path in (data / "datasets").iterdir()] == ["a"]


def test_a_service_that_ends_in_an_upload_says_so_and_leaves_nothing(tmp_path, toy_models):
    data = tmp_path / "var"
    data.mkdir()
    (data / "models").symlink_to(toy_models)
    options = {"DATA": data, "ADMIN_KEYS": ADMIN, "WORKER": "none", "DRAIN_TIMEOUT_S": 1}
    with started(tmp_path, **options) as service, connection(service, "Content-Length: 10000000") as connected:
        service.uploads = data / "datasets"
        connected.sendall(b"x" * 2_000_000)
        until(lambda: left(service))
        service.terminate()
        assert connected.recv(12) == b"HTTP/1.1 503"
        connected.close()
        assert service.exit_code() == 0
        assert "Traceback" not in service.log()
    assert [*(data / "datasets").iterdir()] == []
