import pytest

from benchmarks.simulation.calibration import calibrated, network_costs
from benchmarks.simulation.run import simulate

EXACT = {batch: (50 + 20 * batch) / batch for batch in (1, 4, 16, 64)}


def test_a_line_is_found_again():
    run_s, text_s = network_costs(EXACT)
    assert run_s == pytest.approx(50e-6)
    assert text_s == pytest.approx(20e-6)


def test_the_cost_of_a_request_is_what_the_network_leaves_of_the_capacity():
    costs = calibrated(EXACT, texts=16, requests_a_second=1000.0, quiet=(0.05, 0.0))
    assert costs.capacity == pytest.approx(1000)
    assert costs.request_s == pytest.approx(1e-3 - 16 * 20e-6 - 16 * 50e-6 / 128)
    assert costs.outside_s == 0


def test_what_a_quiet_service_takes_longer_is_outside():
    costs = calibrated(EXACT, texts=16, requests_a_second=1000.0, quiet=(0.05, 0.01))
    assert simulate(costs, 0.05).p50_s == pytest.approx(0.01)


def test_figures_of_another_machine_are_refused():
    with pytest.raises(ValueError, match="same machine"):
        calibrated(EXACT, texts=16, requests_a_second=1e6, quiet=(0.05, 0.01))
