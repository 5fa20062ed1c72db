"""The service by itself: start, memory, throughput, overload, stream, explanations, observing; and its networks.

Peers are `benchmarks.peers`.
"""

import os
from collections.abc import Callable, Collection, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

from benchmarks import explaining, memory, observing, overload, starting, streaming, swapping, versions
from benchmarks.bundles import newest_bundle
from benchmarks.peers import onnx_network
from benchmarks.peers.catalogue import TERCET
from benchmarks.peers.comparison import TEXTS, Plan, compare, started
from benchmarks.results import update
from benchmarks.texts import texts_for
from benchmarks.training_process import training_process

_FULL_LOAD = 64
"""Connections."""

Section = Callable[[Plan], dict[str, Any]]


def measure(plan: Plan, sections: Collection[str], out: Path) -> None:
    """Measure `sections` and write each into the JSON as soon as it is there; say which could not be measured."""
    os.sched_setaffinity(0, {plan.client_core})  # or this process would take its turns on the server's core
    for name in sections:
        try:
            update(out, name, {"rounds": plan.rounds, "seconds": plan.seconds, **SECTIONS[name](plan)})
        except versions.SkippedError as reason:
            print(f"{name} is left out: {reason}")


def _network(plan: Plan) -> dict[str, Any]:
    return onnx_network.measure(
        onnx_network.BATCHES, plan.rounds, min(plan.seconds, 1), plan.server_core, plan.cache, plan.data
    )


def _versions(plan: Plan) -> dict[str, Any]:
    seconds = min(plan.seconds, 0.5)
    return versions.measured_apart(plan.rounds, seconds, plan.server_core, plan.data) | {"seconds": seconds}


def _load(plan: Plan) -> dict[str, Any]:
    return {"servers": compare(plan, ())}


def _start(plan: Plan) -> dict[str, Any]:
    return starting.measure(plan.rounds, plan.server_core)


def _memory(plan: Plan) -> dict[str, Any]:
    bundle = newest_bundle()
    with started(plan, TERCET, texts_for(TEXTS, plan.data), bundle) as tercet:
        ready_mb = tercet.server.memory_mb()
        tercet.wrk.run(tercet.server.port, _FULL_LOAD, plan.seconds)
        loaded_mb = tercet.server.memory_mb()
    return memory.compare(bundle, ready_mb, loaded_mb, plan.rounds, plan.server_core)


def _overload(plan: Plan) -> dict[str, Any]:
    texts = texts_for(TEXTS, plan.data)
    found = {}
    for kind in overload.KINDS:
        limited = replace(TERCET, variables={**TERCET.variables, "TERCET_QUEUE_LIMIT": str(kind.queue_limit)})
        with started(plan, limited, texts) as tercet:
            found[kind.name] = overload.measure(kind, tercet.server, texts, plan.rounds, plan.seconds)
    return found


def _stream(plan: Plan) -> dict[str, Any]:
    texts = texts_for(streaming.LINES_A_CHUNK * 16, plan.data)
    with started(plan, TERCET, texts) as tercet, streaming.engine(texts, plan.server_core) as network:
        return streaming.measure(tercet.server, network, texts, plan.rounds, plan.seconds)


def _explain(plan: Plan) -> dict[str, Any]:
    texts = texts_for(TEXTS, plan.data)
    with started(plan, TERCET, texts) as tercet:
        return explaining.measure(tercet.server, tercet.folder, texts, plan.client_core, plan.rounds, plan.seconds)


def _swap(plan: Plan) -> dict[str, Any]:
    texts = texts_for(TEXTS, plan.data)
    both = {plan.server_core, plan.client_core}
    variables = {**TERCET.variables, "TERCET_ADMIN_KEYS": swapping.KEY}
    found = {}
    for name, cores in (("on one core", {plan.server_core}), ("on all cores", both)):
        with (
            started(plan, replace(TERCET, variables=variables), texts) as tercet,
            training_process(texts, both) as trainer,
        ):
            tercet.server.move_to(cores)
            swapping.add_versions(tercet.folder / "var" / "models", plan.rounds)
            found[name] = swapping.measure(tercet.server, trainer, texts, plan.rounds, plan.seconds)
    return found


SECTIONS: Final[Mapping[str, Section]] = {
    "network": _network,
    "versions": _versions,
    "load": _load,
    "start": _start,
    "memory": _memory,
    "overload": _overload,
    "stream": _stream,
    "explain": _explain,
    "swap": _swap,
    "observe": observing.measure,
}
