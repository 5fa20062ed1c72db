"""The families of metrics that `GET /metrics` gives, made of the totals over all processes when somebody asks.

No metric of the client library counts anything itself: it would know of one process. docs/monitoring.md lists all.
"""

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence

from prometheus_client.core import (
    CounterMetricFamily,
    GaugeMetricFamily,
    HistogramMetricFamily,
    InfoMetricFamily,
    Metric,
    SummaryMetricFamily,
)
from prometheus_client.registry import Collector

from app.metrics.drift import drift
from app.metrics.jobs import JobCounts
from app.model_host import ModelHost
from app.statistics import Statistics
from app.statistics.columns import (
    CONFIDENCE,
    FAILED_SWAPS,
    FEEDBACK_AGREES,
    FEEDBACK_DIFFERS,
    KNOWN_WORDS,
    SIZES,
    SWAPS,
    TEXTS_ACCEPTED,
    TEXTS_ANSWERED,
    TEXTS_CANCELLED,
    TEXTS_FAILED,
    UNKNOWN_WORDS,
)
from app.statistics.histogram import HistogramTotals
from app.statistics.memory import DURATION_SECONDS, SECONDS
from app.statistics.totals import Totals
from model.version import __version__

_ENDED = ("succeeded", "failed", "cancelled")
_OPEN = ("queued", "running")
_SIZES = tuple(1 << size for size in range(SIZES - 1))
"""The last bound is left out: its bucket takes what is larger as well."""
_STAGES = {
    "tokenize": "Seconds that looking up the words of a part of a request took, up to 128 texts.",
    "queue": "Seconds that a part of a request then waited for the network.",
    "compute": "Seconds that a run of the network took.",
}


class ServiceCollector(Collector):
    """Makes the families. `jobs` is to be set before; without it nothing is known of the database."""

    def __init__(self, statistics: Statistics, models: ModelHost) -> None:
        self._statistics, self._models = statistics, models
        self.jobs = JobCounts(None, database_up=False)

    def collect(self) -> Iterable[Metric]:
        """All of them, by one reading of the counters."""
        totals = self._statistics.read()
        yield from _requests(totals)
        yield from _stages(totals)
        yield from _predictions(totals)
        yield from self._model(totals)
        yield from _jobs(self.jobs)
        yield from _processes(totals)

    def _model(self, totals: Totals) -> Iterator[Metric]:
        sums = totals.sums
        serving = self._models.now()
        info = InfoMetricFamily("tercet_model", "Each version of the model that a process serves.")
        for version in totals.versions if serving else ():
            info.add_metric([], {"name": serving.name if serving else "", "version": str(version)})
        yield info
        yield _counters(
            "tercet_swaps",
            "Changes of the version that serves, in each process.",
            "outcome",
            {"done": sums[SWAPS], "failed": sums[FAILED_SWAPS]},
        )
        index = GaugeMetricFamily(
            "tercet_drift_psi", "Population stability index against the test rows; absent while unknown.", labels=["of"]
        )
        texts = GaugeMetricFamily("tercet_drift_texts", "Texts in the window that drift is looked for in.")
        if serving is not None:
            found = drift(serving.bundle.manifest, serving.version, totals, self._statistics.window.length_s)
            for of, stability in (("classes", found.classes), ("unknown_words", found.unknown_words)):
                if stability.psi is not None:
                    index.add_metric([of], stability.psi)
            texts.add_metric([], sum(found.window.classes))
        yield index
        yield texts


def _requests(totals: Totals) -> Iterator[Metric]:
    requests = CounterMetricFamily(
        "tercet_requests", "Requests that were answered.", labels=["route", "method", "status"]
    )
    for labels, count in sorted(totals.requests().items()):
        requests.add_metric(labels, count)
    yield requests
    durations = HistogramMetricFamily(
        "tercet_request_duration_seconds",
        "Seconds from the head of a request to the last byte of its answer.",
        labels=["route"],
    )
    for route, histogram in sorted(totals.durations().items()):
        durations.add_metric([route], _buckets(DURATION_SECONDS, histogram), histogram.sum)
    yield durations


def _stages(totals: Totals) -> Iterator[Metric]:
    sums = totals.sums
    waiting = sums[TEXTS_ACCEPTED] - sums[TEXTS_ANSWERED] - sums[TEXTS_FAILED] - sums[TEXTS_CANCELLED]
    yield GaugeMetricFamily("tercet_queue_depth", "Texts that wait or are worked on.", value=max(0, waiting))
    yield _histogram("tercet_batch_size", "Texts of a run of the network.", _SIZES, totals.batches_by_size)
    for (name, words), histogram in zip(_STAGES.items(), totals.stages(), strict=True):
        yield _histogram(f"tercet_{name}_seconds", words, SECONDS, histogram)


def _predictions(totals: Totals) -> Iterator[Metric]:
    sums, labels = totals.sums, totals.labels()
    known = {"true": sums[KNOWN_WORDS], "false": sums[UNKNOWN_WORDS]}
    yield _counters("tercet_tokens", "Words of texts, by whether the vocabulary has them.", "known", known)
    yield _counters("tercet_predictions", "Texts by the label that was predicted.", "label", labels)
    yield SummaryMetricFamily(
        "tercet_confidence",
        "Probability of the label that was predicted.",
        count_value=sum(labels.values()),
        sum_value=sums[CONFIDENCE],
    )
    yield _counters(
        "tercet_feedback",
        "Corrections, by whether the model says the same label.",
        "agrees",
        {"true": sums[FEEDBACK_AGREES], "false": sums[FEEDBACK_DIFFERS]},
    )


def _jobs(jobs: JobCounts) -> Iterator[Metric]:
    ended = CounterMetricFamily(
        "tercet_jobs", "Training jobs that have ended, as the database has them.", labels=["state"]
    )
    under_way = GaugeMetricFamily("tercet_jobs_open", "Training jobs that have not.", labels=["state"])
    if jobs.by_state is not None:
        for family, states in ((ended, _ENDED), (under_way, _OPEN)):
            for state in states:
                family.add_metric([state], jobs.by_state.get(state, 0))
    yield ended
    yield under_way
    yield GaugeMetricFamily("tercet_database_up", "Whether the database answered.", value=int(jobs.database_up))


def _processes(totals: Totals) -> Iterator[Metric]:
    yield GaugeMetricFamily("tercet_processes", "Processes that answer, or are to.", value=totals.processes)
    yield CounterMetricFamily(
        "tercet_process_restarts", "How often one took the place of one that died.", value=totals.restarts
    )
    yield GaugeMetricFamily("tercet_connections", "Open connections.", value=totals.connections)
    yield InfoMetricFamily("tercet_build", "The Tercet that answers.", value={"version": __version__})


def _counters(name: str, words: str, label: str, values: Mapping[str, float]) -> Metric:
    family = CounterMetricFamily(name, words, labels=[label])
    for value, count in values.items():
        family.add_metric([value], count)
    return family


def _histogram(name: str, words: str, bounds: Sequence[float], totals: HistogramTotals) -> Metric:
    return HistogramMetricFamily(name, words, buckets=_buckets(bounds, totals), sum_value=totals.sum)


def _buckets(bounds: Sequence[float], totals: HistogramTotals) -> list[tuple[str, float]]:
    """Cumulative, as the format wants them."""
    buckets, total = [], 0
    for bound, count in zip((*bounds, math.inf), totals.counts, strict=True):
        total += count
        buckets.append(("+Inf" if bound == math.inf else str(float(bound)), float(total)))
    return buckets
