import pytest

from benchmarks.capacity import (
    Assumed,
    Measured,
    beside,
    bulk_fleet,
    fleet,
    inputs,
    logs_tb_a_day,
    plan,
    read_measured,
    rollout_gb,
    serving_fleets,
)
from benchmarks.documents import ROOT

MEASURED = Measured(1000.0, 16_000.0, 8_000.0, 500.0, 4.0)
ASSUMED = Assumed(utilization=0.5, zones=2, bytes_in=500.0, bytes_out=1000.0, node_cores=4, core_hour=0.1)


def test_cores_follow_from_what_one_does_its_utilization_and_a_zone_to_spare():
    found = fleet(1e6, 1000.0, ASSUMED, MEASURED, 500.0, 1000.0)
    assert ASSUMED.share == 0.25
    assert (found.cores, found.nodes) == (4000, 1000)
    assert found.memory_tb == pytest.approx(4000 * 500e6 / 1e12)
    assert (found.in_gbit_s, found.out_gbit_s) == (4.0, 8.0)
    assert found.dollars_an_hour == pytest.approx(400)


def test_lists_take_fewer_cores_by_as_much_as_a_core_does_more():
    fleets = serving_fleets(1e6, MEASURED, ASSUMED)
    assert fleets["a text a request"].cores == 16 * fleets["64 texts a request"].cores


def test_files_may_use_nearly_all_of_a_core():
    assert bulk_fleet(86_400 * 8_000 * 80.9, MEASURED, ASSUMED).cores == 100


def test_logs_and_versions():
    assert logs_tb_a_day(1e6, Assumed(log_bytes=100.0)) == pytest.approx(8.64)
    assert rollout_gb(1000, Assumed(bundle_bytes=10e6)) == pytest.approx(10)


@pytest.mark.parametrize("table", [inputs, plan, beside])
def test_the_document_says_what_follows_from_the_benchmarks(table):
    document = (ROOT / "docs" / "scaling.md").read_text()
    assert table(read_measured(), Assumed()) in document
