"""`python -m benchmarks.cluster_serving OUT.json`: what Ray Serve costs beside the plain process, one core for each.

The replica has a core to itself, as the plain process has; load generator, proxy and all else of Ray
share the other. Of each way the cluster is started once, and its rounds alternate with the plain process's, so that
ratios are of one time. Needs the extra `ray`, wrk, and two idle cores. Not for comparing two machines.
"""

import contextlib
import json
import os
import secrets
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from http.client import HTTPException
from pathlib import Path
from typing import Any

import psutil
import yaml
from dotenv import dotenv_values

from app.default_model import install_default_model
from benchmarks.machine import machine
from benchmarks.processes import (
    LONGEST_START_S,
    ROOT,
    Server,
    StartError,
    environment,
    free_port,
    running,
    wait_until_answers,
)
from benchmarks.texts import texts_for
from benchmarks.wrk import Load, Wrk
from model.assets import assets_folder
from model.quiet import import_tensorflow

CONNECTIONS = (1, 32, 64)
ROUNDS, SECONDS, WARM_UP_S = 5, 2.0, 2.0
SERVED_ON, REST_ON = 0, 1
_DEPLOY = ROOT / "deploy" / "ray"
_OF_A_REPLICA = ("RAY_SERVE_RUN_USER_CODE_IN_SEPARATE_THREAD", "RAY_SERVE_HTTP_PROXY_CALLBACK_IMPORT_PATH")


@dataclass(frozen=True)
class Way:
    """One to a replica."""

    name: str
    haproxy: bool
    """Instead of Ray's own proxy."""
    straight: bool
    """Past what Ray does with each request in the replica, as deploy/ray/serve.yaml has it."""
    at_replica: bool = False
    """Whether the replica's own port is asked, so that the balancer's part can be told."""


WAYS = (
    Way("Ray's proxy, FastAPI ingress", haproxy=False, straight=False),
    Way("HAProxy, Ray's throughput settings", haproxy=True, straight=False),
    Way("HAProxy, as deploy/ray has it", haproxy=True, straight=True),
    Way("the port of that replica itself", haproxy=True, straight=True, at_replica=True),
)


def main() -> None:
    """Measure, say it in a table, and write all figures."""
    bodies = [json.dumps({"text": text}).encode() for text in texts_for(500)]
    with tempfile.TemporaryDirectory(prefix="serve-") as name:
        folder = Path(name)
        import_tensorflow(keras=False)
        install_default_model(folder / "data" / "models", assets_folder() / "bundles")
        wrk = Wrk(folder, bodies, "/predict", REST_ON)
        found = [_measured(way, wrk, folder) for way in WAYS]
    Path(sys.argv[1]).write_text(json.dumps({"machine": machine(), "rounds": ROUNDS, "ways": found}, indent=1) + "\n")
    for way in found:
        print(way["name"], *(f"{each['connections']}: {each['ratio']:.2f}" for each in way["loads"]), sep=" | ")


def _measured(way: Way, wrk: Wrk, folder: Path) -> dict[str, Any]:
    """Rounds of this way and of the plain process, in turn."""
    with _plain(folder) as plain, _cluster(way, folder) as port:
        for warmed in (plain, port):
            wrk.run(warmed, 32, WARM_UP_S)
        rounds = {
            n: [(wrk.run(port, n, SECONDS), wrk.run(plain, n, SECONDS)) for _ in range(ROUNDS)] for n in CONNECTIONS
        }
    return {"name": way.name, "loads": [_summary(connections, pairs) for connections, pairs in rounds.items()]}


def _summary(connections: int, pairs: list[tuple[Load, Load]]) -> dict[str, Any]:
    ratios = [ours.requests_a_second / plain.requests_a_second for ours, plain in pairs]
    return {
        "connections": connections,
        "ratio": statistics.median(ratios),
        "ratios": ratios,
        "way": _median([ours for ours, _ in pairs]),
        "plain": _median([plain for _, plain in pairs]),
    }


def _median(loads: list[Load]) -> dict[str, float]:
    rows = [asdict(load) for load in loads]
    return {name: statistics.median(row[name] for row in rows) for name in rows[0]}


@contextlib.contextmanager
def _plain(folder: Path) -> Iterator[int]:
    """The port of `python -m app`."""
    port = free_port()
    variables = {"TERCET_PORT": str(port), "TERCET_DATA": str(folder / "data"), "TERCET_WORKER": "none"}
    with running([sys.executable, "-m", "app"], port, folder, SERVED_ON, variables) as server:
        wait_until_answers(server, folder, "/predict", {"text": "a text"})
        yield port


@contextlib.contextmanager
def _cluster(way: Way, folder: Path) -> Iterator[int]:
    """A node with one replica; the port to ask."""
    gcs, port, temporary = free_port(), free_port(), folder / str(WAYS.index(way))
    variables = _variables(way, folder)
    command = [sys.executable, "-m", "ray.scripts.scripts", "start", "--head", "--block", "--num-cpus=2"]
    command += ["--node-ip-address=127.0.0.1", "--disable-usage-stats"]
    places = [
        f"--port={gcs}",
        f"--temp-dir={temporary}",
        "--include-dashboard=false",
        f"--ray-client-server-port={free_port()}",
    ]
    with running([*command, *places, f"--object-store-memory={1 << 27}"], port, folder, REST_ON, variables) as server:
        _wait_for_ray(server, folder)
        (folder / "serve.yaml").write_text(yaml.safe_dump(_config(way, port)))
        serve = [str(Path(sys.executable).with_name("serve")), "run", "--non-blocking", f"--address=127.0.0.1:{gcs}"]
        done = subprocess.run(
            [*serve, str(folder / "serve.yaml")],
            check=False,
            capture_output=True,
            text=True,
            env=environment(variables),
        )
        if done.returncode != 0:
            raise StartError(done.stderr[-2000:])
        wait_until_answers(server, folder, "/predict", {"text": "a text"})
        replica = _replica(server)
        asked = _own_port(replica) if way.at_replica else port
        wait_until_answers(Server(server.process, asked), folder, "/predict", {"text": "a text"})
        yield asked


def _variables(way: Way, folder: Path) -> Mapping[str, str]:
    """Of the node."""
    (folder / "token").write_text(secrets.token_hex(16))
    given = {"TERCET_DATA": str(folder / "data"), "RAY_USAGE_STATS_ENABLED": "0", "RAY_worker_niceness": "0"}
    given |= {"RAY_AUTH_MODE": "token", "RAY_AUTH_TOKEN_PATH": str(folder / "token")}
    if way.haproxy:
        given |= {name: value or "" for name, value in dotenv_values(_DEPLOY / "nodes.env").items()}
        given["RAY_SERVE_HAPROXY_NBTHREAD"] = "1"  # it has no core of its own
        for name in ("METRICS", "STATS"):
            given[f"RAY_SERVE_HAPROXY_{name}_PORT"] = str(free_port())
    if way.haproxy and not way.straight:
        given["RAY_SERVE_THROUGHPUT_OPTIMIZED"] = "1"
    return given


def _config(way: Way, port: int) -> dict[str, Any]:
    """deploy/ray/serve.yaml with one replica, and without what this way does without."""
    config: dict[str, Any] = yaml.safe_load((_DEPLOY / "serve.yaml").read_text())
    config["http_options"]["port"] = port
    (application,) = config["applications"]
    (deployment,) = application["deployments"]
    deployment["autoscaling_config"] |= {"initial_replicas": 1, "min_replicas": 1, "max_replicas": 1}
    if not way.straight:
        for name in _OF_A_REPLICA:
            del application["runtime_env"]["env_vars"][name]
    return config


def _wait_for_ray(node: Server, folder: Path) -> None:
    deadline = time.monotonic() + LONGEST_START_S
    while "Ray runtime started" not in (log := (folder / "server.log").read_text(errors="replace")):
        if time.monotonic() > deadline or node.process.poll() is not None:
            raise StartError(f"Ray does not start: {log[-1000:]}")
        time.sleep(0.2)
    (folder / "server.log").write_text("")


def _replica(node: Server) -> psutil.Process:
    """Its process, once it has its core to itself."""
    for process in psutil.Process(node.process.pid).children(recursive=True):
        if process.name().startswith("ray::ServeRepl"):
            for thread in process.threads():
                os.sched_setaffinity(thread.id, {SERVED_ON})
            return process
    raise HTTPException("There is no replica.")


def _own_port(replica: psutil.Process) -> int:
    """Where HAProxy asks it."""
    ports = [each.laddr.port for each in replica.net_connections("tcp") if each.status == psutil.CONN_LISTEN]
    return next(port for port in sorted(ports) if 30_000 <= port <= 31_000)


if __name__ == "__main__":
    main()
