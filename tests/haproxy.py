"""A HAProxy of our own for tests: on a free port of this machine, gone at the end."""

import contextlib
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

from tests.ports import free_port

_PLACES = "/usr/sbin:/usr/local/sbin:/usr/bin:/usr/local/bin"
_WAIT_S = 30
_CONFIGURATION = """
global
    maxconn 2000
defaults
    mode http
    # A connection that is refused is tried again at the other server, which is no more than not to send to it yet.
    # A request that was sent is never sent again.
    retries 3
    option redispatch 1
    timeout connect 5s
    timeout client 30s
    timeout server 30s
    timeout check 30s  # slow is not away: where other tests have the cores, only what a service says counts
frontend here
    bind 127.0.0.1:{port}
    default_backend services
backend services
    balance roundrobin
    option httpchk GET /health/ready
    default-server check inter 100ms fall 1 rise 1
{servers}
"""


def program() -> str | None:
    """Its path; None where there is none."""
    return shutil.which("haproxy") or shutil.which("haproxy", path=_PLACES)


@contextlib.contextmanager
def running(folder: Path, ports: Sequence[int]) -> Iterator[str]:
    """The URL of a balancer of the services on these ports of this machine, for the length of the block."""
    found = program()
    if found is None:
        raise RuntimeError("These tests need HAProxy: apt-get install haproxy; or leave out: -m 'not haproxy'")
    port = free_port()
    servers = "\n".join(f"    server s{number} 127.0.0.1:{each}" for number, each in enumerate(ports))
    configuration = folder / "haproxy.cfg"
    configuration.write_text(_CONFIGURATION.format(port=port, servers=servers))
    with (folder / "haproxy.log").open("wb") as log:
        process = subprocess.Popen([found, "-db", "-f", configuration], stdout=log, stderr=log)
    try:
        _wait(process, port)
        yield f"http://127.0.0.1:{port}"
    finally:
        process.kill()
        process.wait()


def _wait(process: subprocess.Popen[bytes], port: int) -> None:
    deadline = time.monotonic() + _WAIT_S
    while True:
        with contextlib.suppress(ConnectionRefusedError):
            socket.create_connection(("127.0.0.1", port)).close()
            return
        assert process.poll() is None
        assert time.monotonic() < deadline
        time.sleep(0.05)
