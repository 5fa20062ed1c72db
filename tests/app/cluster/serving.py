"""Tercet on a Ray cluster for tests, as deploy/ray has it, and clients that go on through whatever happens to it."""

import contextlib
import json
import re
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

import httpx
import psutil
import yaml
from dotenv import dotenv_values

from tests.ports import free_port
from tests.ray_cluster import running

DEPLOY = Path(__file__).parents[3] / "deploy" / "ray"
TEXTS = ["a storm came over the sea", "the sea was calm", "the snow began to thaw"]
LONGEST_S = 240
_RETRIED = {500, 502, 503, 504}


class Service:
    """What was deployed."""

    def __init__(self, cluster, port):
        self.cluster, self.url = cluster, f"http://127.0.0.1:{port}"

    def replicas(self):
        """The process of each, by its number."""
        processes = psutil.Process().children(recursive=True)
        return {each.pid: each for each in processes if _name(each).startswith("ray::ServeReplica:tercet:Tercet")}

    def node_of(self, replica):
        """The number of the node that a replica is on."""
        found = re.search(r"/ray-\w+/(\d+)/", _name(replica.parent()))
        assert found is not None
        return int(found[1])

    def wait_for(self, said):
        """Until `said` is true; replicas that begin take a while."""
        deadline = time.monotonic() + LONGEST_S
        while not said():
            assert time.monotonic() < deadline
            time.sleep(0.1)

    def versions(self, requests=8):
        """Those that answer now, each time on a connection of its own."""
        return {
            httpx.post(f"{self.url}/predict", json={"text": TEXTS[0]}, trust_env=False).json()["model"]["version"]
            for _ in range(requests)
        }


def _name(process):
    try:
        return " ".join(process.cmdline())
    except psutil.Error:
        return ""


def nodes() -> dict[str, str]:
    """What deploy/ray/nodes.env has nodes know."""
    return {name: value or "" for name, value in dotenv_values(DEPLOY / "nodes.env").items()}


def config(port):
    """deploy/ray/serve.yaml, on another port."""
    content = yaml.safe_load((DEPLOY / "serve.yaml").read_text())
    content["http_options"]["port"] = port
    return content


@contextlib.contextmanager
def deployed(data, **settings):
    """Tercet on three nodes with `data` as its folder and `settings`, ready; ended with the block."""
    with tempfile.TemporaryDirectory(prefix="serve-") as name:  # short, as sockets are below it
        folder, port = Path(name), free_port()
        own = {
            "RAY_SERVE_HAPROXY_METRICS_PORT": str(free_port()),
            "RAY_SERVE_HAPROXY_STATS_PORT": str(free_port()),
            "RAY_SERVE_HAPROXY_CONFIG_FILE_LOC": f"{name}/haproxy.cfg",
            "RAY_SERVE_HAPROXY_SOCKET_PATH": f"{name}/admin.sock",
            "RAY_SERVE_HAPROXY_METRICS_SOCKET_PATH": f"{name}/metrics.sock",
            "RAY_SERVE_HAPROXY_SERVER_STATE_BASE": name,
            "RAY_SERVE_HAPROXY_SERVER_STATE_FILE": f"{name}/state",
        }
        given = {f"TERCET_{name}": str(value) for name, value in {"DATA": data, **settings}.items()}
        with running(variables=nodes() | own | given) as cluster:
            (folder / "serve.yaml").write_text(yaml.safe_dump(config(port)))
            program = Path(sys.executable).with_name("serve")
            done = subprocess.run(
                [program, "run", "--non-blocking", f"--address={cluster.address}", str(folder / "serve.yaml")],
                env=cluster.environment | given,
                capture_output=True,
                text=True,
                check=False,
                timeout=LONGEST_S,
            )
            assert done.returncode == 0, done.stderr
            service = Service(cluster, port)
            service.wait_for(lambda: _ready(service))
            yield service


def _ready(service):
    with contextlib.suppress(httpx.HTTPError):
        return len(service.replicas()) == 2 and httpx.get(f"{service.url}/-/healthz", trust_env=False).is_success
    return False


class Client(threading.Thread):
    """Sends on and on until it is told to end; asks again where it got no answer, or one that says to."""

    def __init__(self, url):
        super().__init__()
        self._url, self._ended = url, threading.Event()
        self.answered = self.again = 0
        self.answers: dict[int, set[str]] = {}
        """The different ones, by version."""
        self.wrong: list[str] = []

    def run(self):
        with httpx.Client(base_url=self._url, timeout=30, trust_env=False) as client:
            while not self._ended.is_set():
                self._ask(client)
                time.sleep(0.01)

    def _ask(self, client):
        deadline = time.monotonic() + LONGEST_S
        while time.monotonic() < deadline:
            with contextlib.suppress(httpx.TransportError):
                response = client.post("/predict", json={"texts": TEXTS})
                if response.status_code not in _RETRIED:
                    self._note(response)
                    return
            self.again += 1
            time.sleep(0.1)
        self.wrong.append("never answered")

    def _note(self, response):
        if response.status_code != 200:
            self.wrong.append(f"{response.status_code} {response.text}")
            return
        predictions = response.json()["predictions"]
        versions = {each["model"]["version"] for each in predictions}
        if len(versions) != 1 or len(predictions) != len(TEXTS):
            self.wrong.append(response.text)
        said = [{label: round(value, 4) for label, value in each["probabilities"].items()} for each in predictions]
        self.answers.setdefault(versions.pop(), set()).add(json.dumps(said))
        self.answered += 1


@contextlib.contextmanager
def sending(service, clients=4):
    """Clients that are joined at the end of the block."""
    threads = [Client(service.url) for _ in range(clients)]
    for thread in threads:
        thread.start()
    try:
        yield threads
    finally:
        for thread in threads:
            thread._ended.set()
        for thread in threads:
            thread.join(LONGEST_S)
