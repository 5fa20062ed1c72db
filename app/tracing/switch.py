"""Whether this process traces, by its settings and by OpenTelemetry's own variables."""

import importlib.util
import os
from collections.abc import Mapping
from typing import TYPE_CHECKING

from app.errors import SettingsError
from app.settings import Settings
from app.tracing.sampling import sampler

if TYPE_CHECKING:
    from app.tracing.export import Export
    from app.tracing.recorder import Recorder

_ENDPOINTS = ("OTEL_EXPORTER_OTLP_ENDPOINT", "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT")
_PROTOCOLS = ("OTEL_EXPORTER_OTLP_TRACES_PROTOCOL", "OTEL_EXPORTER_OTLP_PROTOCOL")
_OURS = "http/protobuf"
_NEEDED = ("opentelemetry.sdk", "opentelemetry.exporter.otlp.proto.http")


def is_on(settings: Settings, variables: Mapping[str, str]) -> bool:
    """Whether spans are sent: as TERCET_TRACING says, or else where a collector is named."""
    if variables.get("OTEL_SDK_DISABLED", "").strip().lower() == "true":
        return False
    if variables.get("OTEL_TRACES_EXPORTER", "").strip().lower() == "none":
        return False
    if settings.tracing is not None:
        return settings.tracing
    return any(variables.get(name, "").strip() for name in _ENDPOINTS)


def check(settings: Settings) -> None:
    """Raises `SettingsError` where traces are on and cannot be sent. Imports nothing."""
    if not is_on(settings, os.environ):
        return
    if not all(map(_installed, _NEEDED)):
        why = "TERCET_TRACING is true" if settings.tracing else f"{_ENDPOINTS[0]} is set"
        remedy = "pip install 'tercet[otel]'. TERCET_TRACING=false serves without them."
        raise SettingsError([f"{why}, and traces need the extra `otel`: {remedy}"])
    protocol = next(filter(None, (os.environ.get(name, "").strip() for name in _PROTOCOLS)), _OURS)
    if protocol != _OURS:
        raise SettingsError([f"{_PROTOCOLS[1]}={protocol[:60]}: traces are sent by {_OURS} alone."])
    sampler(os.environ)


def recorder(settings: Settings) -> "Recorder | None":
    """What records the requests of this process; None where traces are off. Raises `SettingsError`."""
    export = exporter(settings)
    if export is None:
        return None
    from app.tracing.recorder import Recorder  # noqa: PLC0415 - the web framework, which `check` does without

    return Recorder(sampler(os.environ), export)


def exporter(settings: Settings) -> "Export | None":
    """What sends the spans of this process; None where traces are off. Raises `SettingsError`."""
    if not is_on(settings, os.environ):
        return None
    check(settings)
    from app.tracing.export import Export  # noqa: PLC0415 - half a second that few need

    return Export()


def _installed(module: str) -> bool:
    try:
        return importlib.util.find_spec(module) is not None
    except ModuleNotFoundError:  # not even what it is a part of
        return False
