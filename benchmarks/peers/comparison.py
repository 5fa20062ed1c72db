"""Servers under load, turn by turn: a peer, the do-nothing route and Tercet within seconds of each other.

Tercet and the do-nothing route live all the time, idle but for their turns. A peer lives for its block alone, since
there is not memory for all, and some peers use the processor even when idle. Only one server has load at a time.
"""

import json
import math
import statistics
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from benchmarks.bundles import REFERENCE_BUNDLE, install
from benchmarks.peers.catalogue import DO_NOTHING, TERCET, Contender
from benchmarks.peers.environments import InstallationError
from benchmarks.processes import Server, StartError, free_port, running, settle, wait_until_answers
from benchmarks.texts import texts_for
from benchmarks.wrk import Load, Wrk

TEXTS = 500
COMPARED_TEXTS = 50
TOLERANCE = 1e-4
WARM_UP_S = 1.0


@dataclass(frozen=True)
class Plan:
    """How long and under what load."""

    connections: tuple[int, ...]
    rounds: int
    seconds: float
    server_core: int
    client_core: int
    cache: Path
    data: Path | None


@dataclass(frozen=True)
class Candidate:
    """A contender that runs."""

    contender: Contender
    server: Server
    wrk: Wrk
    folder: Path
    """Where it writes."""


@dataclass(frozen=True)
class Turn:
    """What one server did in one round."""

    block: str
    round: int
    server: str
    connections: int
    load: Load


def compare(plan: Plan, peers: Sequence[Contender]) -> dict[str, Any]:
    """Measure Tercet, the do-nothing route and `peers`; the JSON of docs/performance.md's table."""
    texts = texts_for(TEXTS, plan.data)
    turns: list[Turn] = []
    facts: dict[str, dict[str, Any]] = {}
    with ExitStack() as stack:
        nothing = stack.enter_context(started(plan, DO_NOTHING, texts))
        ours = stack.enter_context(started(plan, TERCET, texts))
        sound = _sound(plan, peers, texts, _answers(ours, texts), facts)
        turns += _block(plan, "alone", [nothing, ours])
        for peer in sound:
            with started(plan, peer, texts) as candidate:
                turns += _block(plan, peer.name, [nothing, candidate, ours])
                facts[peer.name] = _facts(candidate)
        facts |= {each.contender.name: _facts(each) for each in (nothing, ours)}
    return {name: fact | {"by_connections": summary(turns, name)} for name, fact in facts.items()}


def _sound(
    plan: Plan,
    peers: Sequence[Contender],
    texts: Sequence[str],
    expected: Sequence[Sequence[float]],
    facts: dict[str, dict[str, Any]],
) -> list[Contender]:
    """The peers that can be installed, start, and answer as `expected`; of the others `facts` gets the reason."""
    sound = []
    for peer in peers:
        try:
            with started(plan, peer, texts) as candidate:
                _check_equality(candidate, texts, expected)
        except (InstallationError, StartError) as error:
            print(error, file=sys.stderr)
            facts[peer.name] = {"title": peer.title, "version": peer.version(), "failure": str(error).splitlines()[0]}
        else:
            sound.append(peer)
    return sound


@contextmanager
def started(
    plan: Plan, contender: Contender, texts: Sequence[str], bundle: Path = REFERENCE_BUNDLE
) -> Iterator[Candidate]:
    """The contender, answering and at rest; where it is Tercet, with `bundle` alone."""
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as name:
        folder, port = Path(name), free_port()
        if contender.name == TERCET.name:
            install(bundle, folder / "var" / "models")
        command = contender.command(port, plan.cache)
        bodies = [json.dumps(contender.ask(text)).encode() for text in texts]
        with running(command, port, folder, plan.server_core, contender.variables_for(port, folder)) as server:
            wait_until_answers(server, folder, contender.path, contender.ask(texts[0]))
            settle(server)
            yield Candidate(contender, server, Wrk(folder, bodies, contender.path, plan.client_core), folder)


def _block(plan: Plan, name: str, candidates: Sequence[Candidate]) -> list[Turn]:
    """All loads, all rounds; the order turns round with each round."""
    turns = []
    for number in range(plan.rounds):
        for connections in plan.connections:
            for candidate in candidates if number % 2 == 0 else reversed(candidates):
                load = _turn(plan, candidate, connections)
                turns.append(Turn(name, number, candidate.contender.name, connections, load))
                shown = f"{load.requests_a_second:8.0f}/s  p99 {load.p99_ms:8.1f} ms"
                print(
                    f"{name:>10} {number + 1} {connections:4} {candidate.contender.name:>10} {shown}", file=sys.stderr
                )
    return turns


def _turn(plan: Plan, candidate: Candidate, connections: int) -> Load:
    candidate.wrk.run(candidate.server.port, connections, WARM_UP_S)
    settle(candidate.server)  # a slow one still works for the clients that warmed it up
    load = candidate.wrk.run(candidate.server.port, connections, plan.seconds)
    settle(candidate.server)
    return load


def _answers(candidate: Candidate, texts: Sequence[str]) -> list[list[float]]:
    contender = candidate.contender
    some = texts[:COMPARED_TEXTS]
    return [contender.read(candidate.server.post(contender.path, contender.ask(text))) for text in some]


def _check_equality(candidate: Candidate, texts: Sequence[str], expected: Sequence[Sequence[float]]) -> None:
    answers = _answers(candidate, texts)
    pairs = [pair for ours, theirs in zip(expected, answers, strict=True) for pair in zip(ours, theirs, strict=True)]
    worst = max(abs(ours - theirs) for ours, theirs in pairs)
    if not worst <= TOLERANCE:
        raise AssertionError(f"{candidate.contender.title} and Tercet differ by {worst:.1e}")


def _facts(candidate: Candidate) -> dict[str, Any]:
    return {
        "title": candidate.contender.title,
        "version": candidate.contender.version(),
        "memory_mb": candidate.server.memory_mb(),
        "idle_cores": candidate.server.idle_cores(),
    }


def summary(turns: Sequence[Turn], name: str) -> dict[str, Any]:
    """By connections: medians over the rounds, and medians of the ratios within a round.

    `ratio` is requests/s ÷ the do-nothing route's, `p99_ratio` the same of the 99th percentile, `behind_tercet`
    Tercet's requests/s ÷ these. Tercet's own ratios are of the rounds in which no peer was alive.
    """
    block = "alone" if name in (TERCET.name, DO_NOTHING.name) else name
    return {
        str(connections): _summary(
            [turn for turn in turns if turn.block == block and turn.connections == connections], name
        )
        for connections in sorted({turn.connections for turn in turns})
        if any(turn.block == block for turn in turns)
    }


def _summary(turns: Sequence[Turn], name: str) -> dict[str, float | None]:
    loads = {server: [turn.load for turn in turns if turn.server == server] for server in {t.server for t in turns}}
    own, nothing, ours = loads[name], loads[DO_NOTHING.name], loads[TERCET.name]
    medians = {key: statistics.median(asdict(load)[key] for load in own) for key in asdict(own[0])}
    return medians | {
        "ratio": _ratio(_rates(own), _rates(nothing)),
        "p99_ratio": _ratio([load.p99_ms for load in own], [load.p99_ms for load in nothing]),
        "behind_tercet": _ratio(_rates(ours), _rates(own)),
    }


def _rates(loads: Sequence[Load]) -> list[float]:
    return [load.requests_a_second for load in loads]


def _ratio(above: Sequence[float], below: Sequence[float]) -> float | None:
    """The median over the rounds in which both answered at all; None where there is no such round."""
    ratios = [a / b for a, b in zip(above, below, strict=True) if b and math.isfinite(a) and math.isfinite(b)]
    return statistics.median(ratios) if ratios else None
