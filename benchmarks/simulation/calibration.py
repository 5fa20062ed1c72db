"""The model's few numbers, each from a measurement that the comparison does not use.

The network's cost from the compiled engine alone (benchmarks/serving.json, `versions`), the cost of a request from what
one core answers at most, and what no core of ours takes from a service that has hardly anything to do.
"""

from collections.abc import Mapping
from dataclasses import replace

import numpy as np

from benchmarks.simulation.replica import Costs
from benchmarks.simulation.run import simulate


def network_costs(us_a_text: Mapping[int, float]) -> tuple[float, float]:
    """(run_s, text_s) of the line run_s + text_s * batch that lies nearest to the measured runs, relative to each.

    `us_a_text` is microseconds a text by batch. Least squares, weighted by 1 / cost.
    """
    batches = np.array(sorted(us_a_text), dtype=float)
    cost_s = np.array([us_a_text[int(batch)] * batch for batch in batches]) / 1e6  # (batches,) of a whole run
    weighted = np.stack([np.ones_like(batches), batches], axis=1) / cost_s[:, None]  # (batches, 2)
    (run_s, text_s), *_ = np.linalg.lstsq(weighted, np.ones_like(batches), rcond=None)
    return max(0.0, float(run_s)), float(text_s)


def calibrated(
    us_a_text: Mapping[int, float], texts: int, requests_a_second: float, quiet: tuple[float, float]
) -> Costs:
    """Costs of a request of `texts` texts.

    `requests_a_second` is what one core answers at most; `quiet` is a low utilization and the median seconds there.
    Raises `ValueError` where the network alone would take longer than that.
    """
    run_s, text_s = network_costs(us_a_text)
    costs = Costs(0.0, run_s, text_s, texts)
    request_s = 1 / requests_a_second - 1 / costs.capacity
    if request_s <= 0:
        raise ValueError("the network alone takes longer than a request did; measure both on the same machine")
    costs = replace(costs, request_s=request_s)
    utilization, p50_s = quiet
    return replace(costs, outside_s=max(0.0, p50_s - simulate(costs, utilization).p50_s))
