"""A connection to a Ray cluster that runs already: where it is, and what a person is told where it cannot be used.

Starts no cluster. Ray, the extra `ray`, is imported when a connection is asked for and not before.
"""

import contextlib
import importlib.util
import os
import signal
import socket
import sys
import threading
from collections.abc import Iterator
from typing import Any

from model.errors import ClusterError
from model.quiet import silence
from model.version import __version__

CLIENT = "ray://"
"""Begins the address of Ray's client server, for a machine that is no node of the cluster."""
_ANSWER_S = 5.0
_ADDRESS_FORMS = "HOST:PORT of its head, ray://HOST:10001 from outside of it, or auto for that of this machine"


@contextlib.contextmanager
def connected(address: str) -> Iterator[Any]:
    """The module `ray`, connected to the cluster at `address` for the length of the block.

    Raises `ClusterError` where Ray is not installed, or nobody there lets us in, or its nodes have another Tercet.
    """
    ray = _imported()
    _check_reachable(address)
    quiet = {"log_to_driver": False, "logging_level": "ERROR", "configure_logging": False}
    try:
        with silence(), _own_sigterm():  # it says there that it says less
            ray.init(address=address, **quiet)
    except (ConnectionError, RuntimeError, ValueError, OSError) as error:
        raise ClusterError(
            f"The Ray cluster at {address} does not let us in: {error}. Where it wants a token, set "
            "RAY_AUTH_MODE=token and RAY_AUTH_TOKEN_PATH to those of its nodes; Ray and Python have to be of the same "
            "versions as there."
        ) from error
    try:
        _check_same_version(ray, address)
        yield ray
    finally:
        ray.shutdown()


def _imported() -> Any:
    if importlib.util.find_spec("ray") is None:
        raise ClusterError(
            "Ray is not installed. Install the extra `ray`, for example: pip install 'tercet[ray,train]'."
        )
    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")
    os.environ.setdefault("RAY_BACKEND_LOG_LEVEL", "fatal")  # what its C++ part tells is for who works on Ray
    os.environ.setdefault("RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO", "0")
    os.environ.setdefault("RAY_DEDUP_LOGS_SKIP_REGEX", ".")  # Ray says on standard output that a node is lost
    import ray  # noqa: PLC0415 - an extra

    return ray


@contextlib.contextmanager
def _own_sigterm() -> Iterator[None]:
    """Whatever this process did at SIGTERM it does afterwards, in place of Ray's stack trace. The cluster ends our job
    with us, however that is.
    """
    before = signal.getsignal(signal.SIGTERM)
    yield
    if threading.current_thread() is threading.main_thread():
        signal.signal(signal.SIGTERM, before)


def _check_reachable(address: str) -> None:
    """Raise within seconds where nobody listens: Ray would try for two minutes."""
    if address == "auto":
        return
    host, colon, port = address.removeprefix(CLIENT).rpartition(":")
    if not (host and colon and port.isascii() and port.isdigit() and 0 < int(port) < 1 << 16):
        raise ClusterError(f"{address!r} is no address of a Ray cluster; that is {_ADDRESS_FORMS}.")
    try:
        socket.create_connection((host, int(port)), timeout=_ANSWER_S).close()
    except OSError as error:
        raise ClusterError(
            f"There is no Ray cluster at {address} ({error.strerror or error}). Start one with `ray start --head`, or "
            f"name another: {_ADDRESS_FORMS}."
        ) from error


def _check_same_version(ray: Any, address: str) -> None:
    """Raise unless a worker of the cluster finds the Tercet of this process."""

    def version() -> str:
        from model.version import __version__ as there  # noqa: PLC0415 - that of the node

        return there

    try:
        theirs = ray.get(ray.remote(version).options(num_cpus=0).remote())
    except ray.exceptions.RayError as error:
        raise ClusterError(
            f"The nodes of the Ray cluster at {address} cannot run Tercet: {error}. Install tercet[ray,train] "
            f"{__version__} on each of them, for Python {sys.version_info.major}.{sys.version_info.minor}."
        ) from error
    if theirs != __version__:
        raise ClusterError(
            f"The Ray cluster at {address} has Tercet {theirs}, this is {__version__}. Install the same on both."
        )
