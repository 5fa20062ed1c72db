"""The version that a job registered, by what the registry says of it: also where the job did not live to tell."""

import json

from app.storage.tables import Job
from model.bundle import MANIFEST
from model.errors import TercetError
from model.registry import Registry


def version_of(registry: Registry, model: str, job_id: str) -> int | None:
    """The version of `model` that the training of a job registered; None where it registered none.

    Raises `RegistryError` where `model` is no name.
    """
    for version in reversed(registry.versions(model)):
        try:
            manifest = json.loads((registry.home(model) / str(version) / MANIFEST).read_bytes())
            if manifest["training"]["run"] == job_id:
                return version
        except (OSError, ValueError, KeyError, TypeError):  # removed meanwhile, damaged, or registered by hand
            continue
    return None


def left_behind(registry: Registry, job: Job) -> str | None:
    """Says which version a job registered before it was ended; None where it registered none."""
    model = str(job.request.get("model"))
    try:
        version = version_of(registry, model, job.id)
        if version is None:
            return None
        serves = " and serves" if registry.current(model) == version else ""
    except (TercetError, OSError):
        return None
    return f"Before that it had registered version {version} of {model}, which is kept{serves}."
