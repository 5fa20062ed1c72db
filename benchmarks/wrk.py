"""wrk, the load generator, with a script that sends another text with each request. Debian's package `wrk`."""

import json
import math
import shutil
import subprocess
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

# wrk runs `request` for each request, in each of its threads; the requests are made beforehand.
_SCRIPT = """
local bodies = { %s }
local requests = {}
local next = 0

function init(args)
  for index, body in ipairs(bodies) do
    requests[index] = wrk.format("POST", %s, { ["Content-Type"] = "application/json" }, body)
  end
end

function request()
  next = next %% #requests + 1
  return requests[next]
end

function done(summary, latency, requests)
  local errors = summary.errors
  print(string.format(
    '{"requests": %%d, "seconds": %%f, "p50_ms": %%f, "p99_ms": %%f, "refused": %%d, "broken": %%d}',
    summary.requests, summary.duration / 1e6, latency:percentile(50) / 1e3, latency:percentile(99) / 1e3,
    errors.status, errors.connect + errors.read + errors.write))
end
"""
_PATIENCE_S = 60


@dataclass(frozen=True)
class Load:
    """What one run of wrk saw. Percentiles are over all answers, refusals among them; infinite where there are none."""

    requests_a_second: float
    p50_ms: float
    p99_ms: float
    refused: int
    """Answers with a status of 400 or more."""
    broken: int
    """Connections that failed."""


class Wrk:
    """Sends `bodies` in turn to one address, from one core."""

    def __init__(self, folder: Path, bodies: Sequence[bytes], path: str, core: int) -> None:
        """Writes the script into `folder`. Raises `FileNotFoundError` where wrk is not installed."""
        if shutil.which("wrk") is None:
            raise FileNotFoundError("wrk is not installed; on Debian and Ubuntu: apt-get install wrk")
        self._script = folder / f"{tempfile.mktemp(dir='')}.lua"
        self._core = core
        self._script.write_text(script(bodies, path), encoding="utf-8")

    def run(self, port: int, connections: int, seconds: float) -> Load:
        """Load `port` with as many connections, each of which sends on as soon as it is answered."""
        options = ["--threads", "1", "--connections", str(connections), "--duration", f"{seconds:g}s"]
        command = ["taskset", "--cpu-list", str(self._core), "wrk", *options, "--timeout", f"{_PATIENCE_S}s"]
        target = ["--script", str(self._script), f"http://127.0.0.1:{port}"]
        done = subprocess.run([*command, *target], check=True, capture_output=True, text=True)
        return parse(done.stdout)


def script(bodies: Sequence[bytes], path: str) -> str:
    """A script of wrk. A JSON string without a raw newline or a byte beyond ASCII is a string of Lua too."""
    return _SCRIPT % (", ".join(_lua(body.decode("ascii")) for body in bodies), _lua(path))


def parse(output: str) -> Load:
    """What our script printed last."""
    figures = json.loads(output.splitlines()[-1])
    return Load(
        requests_a_second=figures["requests"] / figures["seconds"],
        p50_ms=figures["p50_ms"] if figures["requests"] else math.inf,
        p99_ms=figures["p99_ms"] if figures["requests"] else math.inf,
        refused=figures["refused"],
        broken=figures["broken"],
    )


def _lua(text: str) -> str:
    """A long bracket, inside which nothing is escaped."""
    level = "="
    while f"]{level}]" in text:
        level += "="
    return f"[{level}[{text}]{level}]"
