import pytest

from benchmarks.simulation.replica import Costs
from benchmarks.simulation.run import simulate

SERVICE_S = 0.01
ALONE = Costs(request_s=SERVICE_S, run_s=0.0, text_s=0.0)
BATCHED = Costs(request_s=0.0001, run_s=0.0001, text_s=0.00001, texts=1, most=128)


@pytest.mark.parametrize("utilization", [0.3, 0.6, 0.8])
def test_a_network_that_takes_no_time_leaves_a_queue_whose_mean_wait_is_known(utilization):
    # M/D/1, Pollaczek 1930, Khinchine 1932: the mean wait is rho s / (2 (1 - rho)).
    expected = SERVICE_S * (1 + utilization / (2 * (1 - utilization)))
    assert simulate(ALONE, utilization, requests=40_000, cores=2).mean_s == pytest.approx(expected, rel=0.06)


def test_the_same_seed_gives_the_same_figures_and_another_one_others():
    first, again, other = (simulate(BATCHED, 0.7, requests=3000, seed=seed) for seed in (1, 1, 2))
    assert first == again
    assert first != other


def test_what_is_outside_is_added_to_each_answer():
    outside = Costs(request_s=SERVICE_S, run_s=0.0, text_s=0.0, outside_s=1.0)
    plain, shifted = (simulate(costs, 0.5, requests=2000) for costs in (ALONE, outside))
    assert shifted.p99_s == pytest.approx(plain.p99_s + 1)


def test_an_empty_service_answers_after_its_own_costs():
    costs = Costs(request_s=0.001, run_s=0.002, text_s=0.0005, texts=4)
    assert simulate(costs, 0.001, requests=200).p50_s == pytest.approx(0.001 + 0.002 + 4 * 0.0005)


def test_a_core_of_its_own_for_the_network_makes_answers_sooner():
    one, two = (simulate(BATCHED, 0.8, requests=5_000, cores=cores).p99_s for cores in (1, 2))
    assert two < one


def test_eight_replicas_with_a_choice_wait_less_than_with_none():
    p99 = {
        name: simulate(ALONE, 0.8, replicas=8, balance=name, requests=10_000, cores=2).p99_s
        for name in ("random", "two choices", "least")
    }
    assert p99["least"] < p99["two choices"] < p99["random"]


def test_full_runs_are_what_the_capacity_means():
    assert Costs(0.001, 0.128, 0.002, texts=2, most=128).capacity == pytest.approx(1 / (0.001 + 2 * (0.002 + 0.001)))


@pytest.mark.parametrize("utilization", [0, 1, 1.5])
def test_a_load_that_no_queue_bears_is_refused(utilization):
    with pytest.raises(ValueError, match="utilization"):
        simulate(ALONE, utilization)


def test_a_balancer_that_is_not_there_is_refused():
    with pytest.raises(ValueError, match="two choices"):
        simulate(ALONE, 0.5, balance="by weight")
