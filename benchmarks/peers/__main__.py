"""`python -m benchmarks.peers`: load Tercet and its peers, and write the figures into JSON and docs/performance.md."""

import os
from pathlib import Path
from typing import Annotated

import typer

from benchmarks.documents import write_documents
from benchmarks.peers.catalogue import PEERS
from benchmarks.peers.comparison import Plan, compare
from benchmarks.peers.environments import CACHE
from benchmarks.results import SERVING, update


def main(
    only: Annotated[list[str] | None, typer.Option(help="A peer by name; may be given several times.")] = None,
    rounds: Annotated[int, typer.Option(min=1)] = 5,
    seconds: Annotated[float, typer.Option(help="How long a server's turn takes, after a second to warm up.")] = 4,
    connections: Annotated[list[int] | None, typer.Option(help="May be given several times.")] = None,
    cores: Annotated[tuple[int, int], typer.Option(help="The servers' and the client's.")] = (0, 1),
    cache: Annotated[Path, typer.Option(help="Where the peers' environments are.")] = CACHE,
    data: Annotated[Path | None, typer.Option(help="CSV with a column text; left out, texts are made up.")] = None,
    out: Annotated[Path, typer.Option(help="JSON that keeps what it has of other measurements.")] = SERVING,
) -> None:
    """Compare requests a second, latency and memory."""
    unknown = set(only or ()) - {peer.name for peer in PEERS}
    if unknown:
        raise typer.BadParameter(f"no such peer: {', '.join(unknown)}; there are {', '.join(p.name for p in PEERS)}")
    chosen = [peer for peer in PEERS if not only or peer.name in only]
    os.sched_setaffinity(0, {cores[1]})  # or this process would take its turns on the servers' core
    plan = Plan(tuple(connections or (1, 32, 64, 256)), rounds, seconds, *cores, cache, data)
    update(out, "peers", {"rounds": rounds, "seconds": seconds, "servers": compare(plan, chosen)})
    if out == SERVING:
        write_documents()


if __name__ == "__main__":
    typer.run(main)
