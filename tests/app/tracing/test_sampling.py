from itertools import pairwise

import pytest

from app.errors import SettingsError
from app.tracing.context import Parent
from app.tracing.sampling import Limited, sampler

YES, NO = Parent("a" * 32, "b" * 16, sampled=True), Parent("a" * 32, "b" * 16, sampled=False)


def decisions(parent, count=200, **variables):
    decide = sampler({f"OTEL_TRACES_{name}": value for name, value in variables.items()})
    return sum(decide(parent) for _ in range(count))


@pytest.mark.parametrize(
    ("name", "of_yes", "of_no", "of_none"),
    [
        ("always_on", 200, 200, 200),
        ("always_off", 0, 0, 0),
        ("parentbased_always_on", 200, 0, 200),
        ("parentbased_always_off", 200, 0, 0),
        ("PARENTBASED_TRACEIDRATIO", 200, 0, 200),
        ("traceidratio", 200, 200, 200),
    ],
)
def test_a_sampler_that_is_named_does_as_opentelemetry_says(name, of_yes, of_no, of_none):
    assert [decisions(parent, SAMPLER=name) for parent in (YES, NO, None)] == [of_yes, of_no, of_none]


@pytest.mark.parametrize("named", [{}, {"SAMPLER": "parentbased_traceidratio"}])
def test_a_ratio_holds_where_no_caller_decided(named):
    assert 600 < decisions(None, 8000, SAMPLER_ARG="0.1", **named) < 1000
    assert decisions(YES, SAMPLER_ARG="0", **named) == 200
    assert decisions(None, SAMPLER_ARG="0", **named) == 0


def test_left_alone_it_traces_what_a_quiet_service_gets_and_follows_callers():
    assert decisions(None, 20) == 20
    assert decisions(None, 2000) < 100
    assert decisions(YES, 2000) == 2000
    assert decisions(NO) == 0


def test_the_limit_is_even_over_time():
    clock = iter([0.0, *[0.01 * tick for tick in range(1000)]])
    limited = Limited(10, lambda: next(clock))
    chosen = [tick for tick in range(1000) if limited()]
    assert chosen[:10] == list(range(10))
    late = [tick for tick in chosen if tick > 500]
    assert {after - before for before, after in pairwise(late)} <= {9, 10, 11}


@pytest.mark.parametrize(
    ("variables", "said"),
    [
        ({"SAMPLER": "jaeger_remote"}, "OTEL_TRACES_SAMPLER=jaeger_remote is not known here"),
        ({"SAMPLER_ARG": "much"}, "OTEL_TRACES_SAMPLER_ARG=much has to be a number from 0 to 1"),
        ({"SAMPLER": "traceidratio", "SAMPLER_ARG": "1.5"}, "OTEL_TRACES_SAMPLER_ARG=1.5"),
        ({"SAMPLER_ARG": "nan"}, "OTEL_TRACES_SAMPLER_ARG=nan"),
    ],
)
def test_what_cannot_be_used_is_named(variables, said):
    with pytest.raises(SettingsError, match=said):
        decisions(None, **variables)
