import importlib.util

import pytest

from app.errors import SettingsError
from app.tracing import switch
from tests.app.fakes import settings

ENDPOINT = "OTEL_EXPORTER_OTLP_ENDPOINT"
HERE = {ENDPOINT: "http://127.0.0.1:4318"}


@pytest.mark.parametrize(
    ("tracing", "variables", "on"),
    [
        (None, {}, False),
        (None, {ENDPOINT: ""}, False),
        (None, HERE, True),
        (None, {"OTEL_EXPORTER_OTLP_TRACES_ENDPOINT": "http://127.0.0.1:4318/v1/traces"}, True),
        (True, {}, True),
        (False, HERE, False),
        (None, HERE | {"OTEL_SDK_DISABLED": "true"}, False),
        (True, {"OTEL_TRACES_EXPORTER": "none"}, False),
    ],
)
def test_the_setting_and_opentelemetrys_variables_say_whether(tracing, variables, on):
    assert switch.is_on(settings(tracing=tracing), variables) is on


@pytest.fixture
def environment(monkeypatch):
    def set_to(**variables):
        for name in ("OTEL_EXPORTER_OTLP_ENDPOINT", "OTEL_EXPORTER_OTLP_PROTOCOL", "OTEL_TRACES_SAMPLER"):
            monkeypatch.delenv(name, raising=False)
        for name, value in variables.items():
            monkeypatch.setenv(name, value)

    return set_to


def test_without_it_nothing_is_recorded(environment):
    environment()
    assert switch.recorder(settings()) is None


@pytest.mark.parametrize(
    ("tracing", "variables", "why"),
    [(True, {}, "TERCET_TRACING is true"), (None, HERE, "OTEL_EXPORTER_OTLP_ENDPOINT is set")],
)
def test_without_the_package_the_start_says_what_to_install(environment, monkeypatch, tracing, variables, why):
    environment(**variables)
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    with pytest.raises(SettingsError, match=rf"{why}.*pip install 'tercet\[otel\]'"):
        switch.check(settings(tracing=tracing))


@pytest.mark.parametrize("variables", [{"OTEL_EXPORTER_OTLP_PROTOCOL": "grpc"}, {"OTEL_TRACES_SAMPLER": "sometimes"}])
def test_what_cannot_be_done_is_said_at_the_start(environment, variables):
    environment(**HERE, **variables)
    with pytest.raises(SettingsError, match=next(iter(variables))):
        switch.check(settings())
