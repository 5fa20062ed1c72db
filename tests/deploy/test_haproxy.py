"""HAProxy's file for compose's profile `scale`: HAProxy takes it, and it finds what compose starts."""

import contextlib
import re
import socket
import subprocess
import time
from collections import Counter

import httpx
import pytest

from app.settings import Settings
from tests import haproxy
from tests.deploy.compose import compose
from tests.deploy.name_server import answering
from tests.deploy.paths import DEPLOY
from tests.deploy.replicas import replicas
from tests.ports import free_port

FILE = DEPLOY / "haproxy" / "haproxy.cfg"
SECONDS = {"ms": 0.001, "s": 1}


def program():
    found = haproxy.program()
    assert found is not None, "apt-get install haproxy, or leave these tests out: -m 'not haproxy'"
    return found


@pytest.mark.haproxy
def test_haproxy_takes_the_file():
    done = subprocess.run([program(), "-c", "-dW", "-f", str(FILE)], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def seconds(name):
    ((number, unit),) = re.findall(rf"^ *{name} (\d+)(ms|s)$", FILE.read_text(), re.MULTILINE)
    return int(number) * SECONDS[unit]


def test_it_looks_for_replicas_by_the_name_and_the_port_that_compose_gives_them():
    ((service, port),) = re.findall(r"^ *server-template \w+ \d+ (\w+):(\d+)$", FILE.read_text(), re.MULTILINE)
    services = compose()["services"]
    assert services[service]["environment"]["TERCET_PORT"] == int(port)
    assert service in services["replica"]["networks"]["default"]["aliases"]
    (bound,) = re.findall(r"^ *bind :(\d+)$", FILE.read_text(), re.MULTILINE)
    assert [published.rpartition(":")[2] for published in services["balancer"]["ports"]] == [bound]


def test_it_waits_for_clients_longer_than_the_service_which_says_why_it_ends_a_stream():
    assert seconds("timeout client") > Settings.model_fields["stream_idle_s"].default
    assert seconds("hard-stop-after") > Settings.model_fields["drain_timeout_s"].default


def test_a_request_that_may_have_been_read_is_not_sent_again():
    assert re.findall(r"^ *retry-on (.*)$", FILE.read_text(), re.MULTILINE) == ["conn-failure"]


@contextlib.contextmanager
def balancing(folder, name_server, port):
    """The URL of HAProxy with this file, but for what is Docker's: ports, and where its name service is."""
    here = free_port()
    content = FILE.read_text().replace("bind :8080", f"bind 127.0.0.1:{here}")
    content = content.replace("127.0.0.11:53", f"127.0.0.1:{name_server}").replace("api:8000", f"api:{port}")
    file = folder / "haproxy.cfg"
    file.write_text(content)
    with (folder / "haproxy.log").open("w") as log:
        process = subprocess.Popen([program(), "-db", "-f", str(file)], stdout=log, stderr=log)
    try:
        yield f"http://127.0.0.1:{here}"
    finally:
        process.terminate()
        process.wait()


def reached(client, times=20):
    """How often each replica was."""
    return Counter(client.get("/").raise_for_status().text for _ in range(times))


def until_reached(client, addresses):
    deadline = time.monotonic() + 30
    found: set[str] = set()
    while found != set(addresses):
        assert time.monotonic() < deadline, found
        time.sleep(0.05)
        with contextlib.suppress(httpx.HTTPError):
            found = set(reached(client, 2 * len(addresses)))


@pytest.mark.haproxy
def test_replicas_are_found_by_name_and_one_that_is_gone_costs_no_request(tmp_path):
    there, port = ["127.0.0.2", "127.0.0.3"], free_port()
    with (
        replicas([*there, "127.0.0.4"], port) as running,
        answering(there) as name_server,
        balancing(tmp_path, name_server, port) as url,
        httpx.Client(base_url=url, trust_env=False) as client,
    ):
        until_reached(client, there)
        there.append("127.0.0.4")
        until_reached(client, there)
        running[0].stop()
        assert "127.0.0.2" not in reached(client)  # none of them failed
        assert client.get("/metrics").status_code == 404
        assert echoes(url) == [b"one", b"two"]


def echoes(url):
    """What comes back of each chunk before the next one is sent: nothing on the way waits for more."""
    host, port = url.removeprefix("http://").split(":")
    with socket.create_connection((host, int(port)), timeout=30) as connection, connection.makefile("rb") as answer:
        connection.sendall(b"POST / HTTP/1.1\r\nHost: here\r\nTransfer-Encoding: chunked\r\n\r\n")
        found = []
        for chunk in (b"one", b"two"):
            connection.sendall(b"3\r\n%s\r\n" % chunk)
            line = answer.readline()
            while line != b"3\r\n":
                line = answer.readline()
            found.append(answer.read(3))
        connection.sendall(b"0\r\n\r\n")
        return found
