import socket

import pytest

from app.errors import StartError
from app.listening import begin_no_connection, listen, url


def test_port_0_takes_any_free_port_and_the_url_names_it():
    with listen("127.0.0.1", 0) as listener:
        host, port = listener.getsockname()
        assert host == "127.0.0.1"
        assert url(listener) == f"http://127.0.0.1:{port}"
        socket.create_connection((host, port), timeout=5).close()


def test_localhost_is_reached_by_its_ipv4_address():
    with listen("localhost", 0) as listener:
        assert listener.getsockname()[0] == "127.0.0.1"


def test_a_taken_port_is_one_line_that_says_what_to_set():
    with listen("127.0.0.1", 0) as first:
        port = first.getsockname()[1]
        with pytest.raises(StartError) as caught:
            listen("127.0.0.1", port)
    assert str(caught.value) == (
        f"Port {port} on 127.0.0.1 is taken by another process; set TERCET_PORT (make serve PORT={port + 1})."
    )


def test_a_port_is_free_again_once_its_listener_is_closed():
    with listen("127.0.0.1", 0) as first:
        port = first.getsockname()[1]
    listen("127.0.0.1", port).close()


@pytest.mark.parametrize("host", ["no.such.host.invalid", "x" * 300, "203.0.113.1", "a..b"])
def test_an_address_that_is_not_this_machines_is_one_line(host):
    with pytest.raises(StartError, match=r"^TERCET_HOST=\S+ is no address of this machine.*\.$"):
        listen(host, 0)


def test_connections_are_taken_until_the_end_where_the_kernel_forbids_to_pass_over_them(monkeypatch):
    def denied(*_):
        raise PermissionError(1, "Operation not permitted")

    with listen("127.0.0.1", 0) as listener:
        monkeypatch.setattr(socket.socket, "setsockopt", denied)
        begin_no_connection(listener)
        socket.create_connection(listener.getsockname(), timeout=5).close()


def test_a_port_without_the_right_to_it_is_one_line(monkeypatch):
    def denied(*_):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(socket.socket, "bind", denied)
    with pytest.raises(StartError, match=r"^Port 80 on 127\.0\.0\.1 needs more rights"):
        listen("127.0.0.1", 80)
