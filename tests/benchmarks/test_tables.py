import json

import pytest

from benchmarks.documents import PERFORMANCE, filled
from benchmarks.peers.comparison import Turn, summary
from benchmarks.results import SERVING, rounded, update
from benchmarks.tables import NOT_MEASURED, by_throughput, markdown, tables
from benchmarks.wrk import Load


def servers():
    speeds = {"do-nothing": 4000.0, "tercet": 3000.0, "slow": 5.0}
    turns = [
        Turn(block, 0, name, connections, Load(speed, 1.25, 250.0, 7 if name == "slow" else 0, 0))
        for name, speed in speeds.items()
        for connections in (1, 32, 64)
        for block in ("alone", "slow")
    ]
    facts = {"version": None, "memory_mb": 63.4, "idle_cores": 0.0}
    found = {name: {"title": name, **facts, "by_connections": summary(turns, name)} for name in speeds}
    return found | {"gone": {"title": "Gone", "version": "1.0", "failure": "no wheel", "by_connections": {}}}


def test_servers_are_ranked_and_what_went_wrong_is_said():
    assert tables({"peers": {"servers": servers()}})["throughput"].splitlines() == [
        "| requests/s at … connections | 1 | 32 | 64 | ÷ do-nothing at 32 | ÷ do-nothing at 64 | memory, MB |",
        "| --- | ---: | ---: | ---: | ---: | ---: | ---: |",
        "| do-nothing | 4,000 | 4,000 | 4,000 | 1.00 | 1.00 | 63 |",
        "| tercet | 3,000 | 3,000 | 3,000 | 0.75 | 0.75 | 63 |",
        "| slow | 5 (with errors) | 5 (with errors) | 5 (with errors) | 0.00 | 0.00 | 63 |",
        "| Gone 1.0 | failed |  |  |  |  |  |",
    ]


def test_percentiles_are_shown_together():
    latency = tables({"peers": {"servers": servers()}})["latency"].splitlines()
    assert latency[3] == "| tercet | 1.2 / 250 | 1.2 / 250 | 1.2 / 250 |"


def test_the_fastest_comes_first_and_what_failed_not_at_all():
    assert [server["title"] for server in by_throughput(servers())] == ["do-nothing", "tercet", "slow"]


def test_the_network_is_shown_beside_its_reference():
    engines = ("tercet", "savedmodel", "plain", "folded")
    batches = {str(b): {name: {"us_a_text": 51.26, "ratio": 0.5} for name in engines} for b in (1, 32, 512)}
    made = tables({"network": {"batches": batches}})
    assert "| Tercet's engine | 51.3 (0.50) | 51.3 (0.50) | 51.3 (0.50) |" in made["network"]
    assert "÷ ONNX Runtime, plain graph, at batch 32, 512 | ≤ 0.6, ≤ 0.5 | 0.50, 0.50 |" in made["ratios"]
    assert f"÷ the network alone | ≥ 0.45 | {NOT_MEASURED} |" in made["ratios"]


def test_the_preset_that_serves_is_shown_beside_the_reference():
    figures = {"reference": {"us_a_text": 12.04, "ratio": 1.0}, "accurate": {"us_a_text": 18.06, "ratio": 1.5}}
    made = tables({"versions": {"batches": {"1": figures, "32": figures}}})
    assert made["versions"].splitlines() == [
        "| µs a text (÷ `reference`) at batch … | 1 | 32 |",
        "| --- | ---: | ---: |",
        "| `reference` | 12.0 (1.00) | 12.0 (1.00) |",
        "| `accurate` | 18.1 (1.50) | 18.1 (1.50) |",
    ]
    assert "| network, µs of `accurate` ÷ `reference` at batch 32 | ≤ 2 | 1.50 |" in made["ratios"]


def test_overload_is_shown_beside_the_full_load():
    figures = {"accepted_a_second": 8000.4, "accepted_p99_ms": 12.34, "refused_share": 0.0, "failed": 0}
    kind = {
        "connections": 64,
        "p99_ratio": 1.5,
        "full": figures,
        "overload": figures | {"refused_share": 0.9},
        "memory_mb": [{"first": 800.0, "most": 820.4, "last": 810.0}],
    }
    made = tables({"overload": {"rounds": 5, "machine": {}, "one text": kind}})
    assert made["overload"].splitlines()[2:] == [
        "| one text | 64 | 8,000 | 12.3 | 0 % |  |",
        "|  | 640 | 8,000 | 12.3 | 90 % | 800 / 820 / 810 |",
    ]


def test_swaps_are_shown_for_one_core_and_for_all():
    figures = {"loading": {"ratio": 2.5}, "new form": {"ratio": 2.75}, "training": {"ratio": 1.25}}
    made = tables({"swap": {"machine": {}, "on one core": figures, "on all cores": figures}})["ratios"]
    assert "| p99 of 200 requests/s while a version loads ÷ before; one core, all cores | ≤ 3 | 2.50, 2.50 |" in made
    assert "| the same while a training process runs | ≤ 3 | 1.25, 1.25 |" in made
    assert f"| the same while a training process runs | ≤ 3 | {NOT_MEASURED} |" in tables({})["ratios"]


def test_explanations_are_shown_in_predictions():
    made = tables({"explain": {"full": {"ratio": 21.26}, "summary": {"ratio": 12.0}}})["ratios"]
    assert "| p50 of `/explain` ÷ p50 of `/predict` at 1 connection; full, summary | ≤ 25 | 21.3, 12.0 |" in made


def test_a_table_is_markdown():
    assert markdown(["a", "b"], [["1", "2"]]) == "| a | b |\n| --- | ---: |\n| 1 | 2 |"


def test_only_what_is_between_the_marks_is_replaced():
    text = "before\n<!-- begin one -->\nold\n<!-- end one -->\nafter \\1\n"
    assert filled(text, "one", "new \\1") == "before\n<!-- begin one -->\nnew \\1\n<!-- end one -->\nafter \\1\n"
    with pytest.raises(ValueError, match="begin two"):
        filled(text, "two", "new")


def test_a_section_replaces_its_own_and_keeps_the_others(tmp_path):
    path = tmp_path / "serving.json"
    update(path, "start", {"ratio": 1.23456})
    update(path, "memory", {"ratio": 2})
    update(path, "start", {"ratio": 1.5})
    results = json.loads(path.read_text())
    assert (results["start"]["ratio"], results["memory"]["ratio"]) == (1.5, 2)
    assert results["start"]["machine"]["tensorflow"]


def test_batches_and_connections_stay_in_their_order(tmp_path):
    path = tmp_path / "serving.json"
    update(path, "network", {"batches": {"8": 1, "32": 2, "128": 3}})
    assert list(json.loads(path.read_text())["network"]["batches"]) == ["8", "32", "128"]


def test_figures_are_kept_to_four_digits():
    assert rounded({"a": [0.123456, 12345.6], "b": 7, "c": "x"}) == {"a": [0.1235, 12350.0], "b": 7, "c": "x"}
    assert rounded([float("inf"), float("nan")]) == [None, None]


def test_a_server_that_gave_no_answer_is_shown_without_times():
    results = rounded({"peers": {"servers": {"mute": servers()["slow"]}}})
    for figures in results["peers"]["servers"]["mute"]["by_connections"].values():
        figures |= {"p50_ms": None, "p99_ms": None, "ratio": None, "requests_a_second": 0.0}
    made = tables(results)
    assert made["latency"].splitlines()[-1] == "| slow | - / - | - / - | - / - |"
    assert "| - | - | 63 |" in made["throughput"]


def test_the_tables_of_the_document_are_those_of_the_measurements():
    text = PERFORMANCE.read_text(encoding="utf-8")
    for name, table in tables(json.loads(SERVING.read_text(encoding="utf-8"))).items():
        assert f"<!-- begin {name} -->\n{table}\n<!-- end {name} -->" in text
