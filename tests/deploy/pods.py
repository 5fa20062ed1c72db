"""What manifests say of pods: their containers, the settings that these get, and who selects them."""

import base64

from app.settings import PREFIX
from tests.app.fakes import settings


def pods(manifests):
    return {each["metadata"]["name"]: each["spec"]["template"] for each in manifests.of("Deployment")}


def containers(manifests):
    return [container for pod in pods(manifests).values() for container in pod["spec"]["containers"]]


def settings_of(manifests, container):
    """The environment that a container gets."""
    found: dict[str, str] = {}
    for source in container["envFrom"]:
        if "configMapRef" in source:
            found |= manifests.one("ConfigMap", source["configMapRef"]["name"])["data"]
        else:
            data = manifests.one("Secret", source["secretRef"]["name"])["data"]
            found |= {key: base64.b64decode(value).decode() for key, value in data.items()}
    return found


def loaded(variables):
    return settings(**{key.removeprefix(PREFIX).lower(): value for key, value in variables.items()})


def selected(manifests, labels):
    """The Deployments whose pods these labels select."""
    return [name for name, pod in pods(manifests).items() if labels.items() <= pod["metadata"]["labels"].items()]
