"""The model that a path names, where it is the one that serves."""

from app.errors import NotFoundError
from app.model_host import Serving
from app.service import Service

_LONGEST_SHOWN = 60


def served(service: Service, name: str, version: str | None = None) -> Serving:
    """What serves, if that is model `name`, and `version` of it where one is named.

    Raises `NotFoundError`, which says what serves instead, and `NotReadyError` where nothing does, or no longer will.
    """
    serving = service.ready()
    if name != serving.name:
        raise NotFoundError(
            f"There is no model {_short(name)} here; {serving.name} (version {serving.version}) serves."
        )
    if version is not None and version != str(serving.version):
        raise NotFoundError(f"Version {_short(version)} of {name} does not serve; version {serving.version} does.")
    return serving


def _short(name: str) -> str:
    return repr(name if len(name) <= _LONGEST_SHOWN else f"{name[:_LONGEST_SHOWN]}…")
