"""The figures of serving.json as Markdown tables, by the name of the place in docs/performance.md where they go."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, Final

from benchmarks.overload import TIMES
from benchmarks.peers.catalogue import BENTOML, LITSERVE, MLSERVER, TERCET
from benchmarks.peers.onnx_network import TITLES
from benchmarks.swapping import RATE
from benchmarks.versions import BUNDLES

Results = Mapping[str, Any]
PICTURE: Final = "images/performance.png"
"""Seen from docs/performance.md."""
ABSENT: Final = "-"
"""Of a server that gave no answer in time."""
NOT_MEASURED: Final = "Not measured yet."


def tables(results: Results) -> dict[str, str]:
    """Every table. Those whose section is not in the JSON say so."""
    return {name: _unless_absent(table, results) for name, table in _TABLES.items()}


def markdown(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A table; all columns but the first are aligned to the right."""
    lines = [head, ["---", *("---:" for _ in head[1:])], *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def _unless_absent(table: Callable[[Results], str], results: Results) -> str:
    try:
        return table(results)
    except KeyError:
        return NOT_MEASURED


def _throughput(results: Results) -> str:
    servers = results["peers"]["servers"]
    ranked = by_throughput(servers)
    connections = list(ranked[0]["by_connections"])
    head = [
        "requests/s at … connections",
        *connections,
        *(f"÷ do-nothing at {c}" for c in connections[1:3]),
        "memory, MB",
    ]
    rows = [[_title(server), *_throughput_cells(server, connections)] for server in ranked]
    failed = [[_title(s), "failed", *[""] * (len(head) - 2)] for s in servers.values() if "failure" in s]
    return markdown(head, [*rows, *failed])


def _throughput_cells(server: Any, connections: Sequence[str]) -> list[str]:
    figures = server["by_connections"]
    counts = [
        f"{figures[c]['requests_a_second']:,.0f}{_caveat(figures[c])}" if c in figures else ABSENT for c in connections
    ]
    ratios = [_number(figures[c]["ratio"]) for c in connections[1:3]]
    return [*counts, *ratios, f"{server['memory_mb']:,.0f}"]


def _latency(results: Results) -> str:
    servers = by_throughput(results["peers"]["servers"])
    connections = list(servers[0]["by_connections"])
    rows = [[_title(s), *(_percentiles(s["by_connections"].get(c)) for c in connections)] for s in servers]
    return markdown(["p50 / p99 in ms at … connections", *connections], rows)


def _network(results: Results) -> str:
    batches = results["network"]["batches"]
    rows = [
        [title, *(f"{batches[b][name]['us_a_text']:.1f} ({batches[b][name]['ratio']:.2f})" for b in batches)]
        for name, title in TITLES.items()
    ]
    return markdown(["µs a text (÷ ONNX Runtime, plain) at batch …", *batches], rows)


def _versions(results: Results) -> str:
    batches = results["versions"]["batches"]
    rows = [
        [f"`{name}`", *(f"{each[name]['us_a_text']:.1f} ({each[name]['ratio']:.2f})" for each in batches.values())]
        for name in BUNDLES
    ]
    return markdown(["µs a text (÷ `reference`) at batch …", *batches], rows)


def _overload(results: Results) -> str:
    head = ["", "connections", "accepted/s", "p99 of accepted, ms", "refused", "memory at start / most / end, MB"]
    rows = []
    for kind in (key for key, value in results["overload"].items() if isinstance(value, dict) and "full" in value):
        figures = results["overload"][kind]
        memory = [f"{figures['memory_mb'][-1][when]:,.0f}" for when in ("first", "most", "last")]
        rows.append([kind, str(figures["connections"]), *_answers(figures["full"]), ""])
        rows.append(["", str(figures["connections"] * TIMES), *_answers(figures["overload"]), " / ".join(memory)])
    return markdown(head, rows)


def _load(key: str, *connections: int) -> Callable[[Results], str]:
    def value(results: Results) -> str:
        figures = results["load"]["servers"][TERCET.name]["by_connections"]
        return ", ".join(_number(figures[str(each)][key]) for each in connections)

    return value


def _batch(*batches: int) -> Callable[[Results], str]:
    return lambda results: ", ".join(f"{results['network']['batches'][str(b)]['tercet']['ratio']:.2f}" for b in batches)


def _times_the_best(results: Results) -> str:
    servers = results["peers"]["servers"]
    peers = [servers[peer.name] for peer in (LITSERVE, BENTOML, MLSERVER) if "failure" not in servers[peer.name]]
    least = []
    for connections in ("32", "64"):
        times = [peer["by_connections"][connections]["behind_tercet"] for peer in peers]
        least.append(_number(min((each for each in times if each is not None), default=None)))
    return ", ".join(least)


def _overload_ratio(results: Results) -> str:
    return ", ".join(
        _number(f["p99_ratio"]) for f in results["overload"].values() if isinstance(f, dict) and "full" in f
    )


def _swap(kind: str) -> Callable[[Results], str]:
    return lambda results: ", ".join(
        _number(figures[kind]["ratio"])
        for figures in results["swap"].values()
        if isinstance(figures, dict) and kind in figures
    )


def _explain(results: Results) -> str:
    return ", ".join(_number(results["explain"][detail]["ratio"], 1) for detail in ("full", "summary"))


_RATIOS: Final[tuple[tuple[str, str, Callable[[Results], str]], ...]] = (
    ("requests/s ÷ do-nothing at 32, 64 connections", "≥ 0.80", _load("ratio", 32, 64)),
    ("p99 ÷ do-nothing at 64 connections", "≤ 1.3", _load("p99_ratio", 64)),
    ("requests/s ÷ do-nothing at 1 connection", "≥ 0.45", _load("ratio", 1)),
    ("requests/s ÷ the best of LitServe, BentoML, MLServer at 32, 64 connections", "≥ 4", _times_the_best),
    ("network, µs ÷ ONNX Runtime, plain graph, at batch 32, 512", "≤ 0.6, ≤ 0.5", _batch(32, 512)),
    ("network, µs ÷ ONNX Runtime, plain graph, at batch 1", "≤ 1.3", _batch(1)),
    (
        "network, µs of `accurate` ÷ `reference` at batch 32",
        "≤ 2",
        lambda results: f"{results['versions']['batches']['32']['accurate']['ratio']:.2f}",
    ),
    ("NDJSON stream, texts/s ÷ the network alone", "≥ 0.45", lambda results: f"{results['stream']['ratio']:.2f}"),
    ("p50 of `/explain` ÷ p50 of `/predict` at 1 connection; full, summary", "≤ 25", _explain),
    ("memory ÷ a process that loads the SavedModel", "≤ 1.2", lambda results: f"{results['memory']['ratio']:.2f}"),
    (f"p99 of accepted at {TIMES} times the connections ÷ at a full load; one text, lists", "≤ 2", _overload_ratio),
    ("start to ready ÷ `import tensorflow`, one core", "≤ 1.6", lambda r: f"{r['start']['on one core']['ratio']:.2f}"),
    (
        "start to ready ÷ `import tensorflow`, all cores",
        "≤ 1.6",
        lambda r: f"{r['start']['on all cores']['ratio']:.2f}",
    ),
    (f"p99 of {RATE} requests/s while a version loads ÷ before; one core, all cores", "≤ 3", _swap("loading")),
    ("the same while a version of another form loads and is compiled", "≤ 3", _swap("new form")),
    ("the same while a training process runs", "≤ 3", _swap("training")),
)


def _ratio_rows(results: Results) -> str:
    rows = [[what, aim, _unless_absent(value, results)] for what, aim, value in _RATIOS]
    return markdown(["", "aim", "measured"], rows)


def _machine(results: Results) -> str:
    facts = (results["peers"] if "peers" in results else results["load"])["machine"]
    return (
        f"Measured on {facts['processor']}, {facts['cpus']} cores, with Python {facts['python']}, TensorFlow "
        f"{facts['tensorflow']}, Keras {facts['keras']}: "
        + ", ".join(f"{name} on {section['measured']}" for name, section in sorted(results.items()))
        + "."
    )


def _picture(results: Results) -> str:
    _ = results["peers"], results["network"]
    return f"![Requests a second by connections, and microseconds a text by batch]({PICTURE})"


_TABLES: Final[Mapping[str, Callable[[Results], str]]] = {
    "machine": _machine,
    "picture": _picture,
    "ratios": _ratio_rows,
    "throughput": _throughput,
    "latency": _latency,
    "network": _network,
    "versions": _versions,
    "overload": _overload,
}


def _title(server: Any) -> str:
    return f"{server['title']} {server['version'] or ''}".strip()


def _caveat(figures: Any) -> str:
    """Marks a figure in which not every request was answered well."""
    return "" if figures["refused"] == figures["broken"] == 0 else " (with errors)"


def _percentiles(figures: Any | None) -> str:
    if figures is None:
        return ABSENT
    return f"{_ms(figures['p50_ms'])} / {_ms(figures['p99_ms'])}"


def _number(value: float | None, places: int = 2) -> str:
    return ABSENT if value is None else f"{value:,.{places}f}"


def _ms(value: float | None) -> str:
    if value is None:
        return ABSENT
    return f"{value:,.0f}" if value >= 100 else f"{value:.1f}"


def _answers(figures: Any) -> list[str]:
    share = f"{100 * figures['refused_share']:.0f} %"
    return [f"{figures['accepted_a_second']:,.0f}", _ms(figures["accepted_p99_ms"]), share]


def by_throughput(servers: Mapping[str, Any]) -> list[Any]:
    """The servers that could be measured, those with most requests a second at 64 connections first."""
    measured = [server for server in servers.values() if "failure" not in server]
    return sorted(measured, key=lambda server: -server["by_connections"]["64"]["requests_a_second"])
