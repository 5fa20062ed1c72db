"""What the tests of manifests share: each way to run Tercet on Kubernetes, rendered once."""

import re
import shutil

import pytest
import yaml

from tests.deploy.kubectl import rendered
from tests.deploy.paths import KUBERNETES, ROOT

OVERLAYS = ("single", "scaled", "all")
SECRETS = {
    "database.env": "TERCET_DATABASE_URL=postgresql://tercet:secret@postgres.example.org/tercet\n",
    "keys.env": f"TERCET_ADMIN_KEYS={'a' * 64}\n",
}
OPTIONAL = ("ingress", "pod-monitor", "gpu")


def overlay_of_ours(folder):
    """The overlay on `scaled` that the documentation shows, with every further component."""
    folder.mkdir()
    for name, line in SECRETS.items():
        (folder / name).write_text(line)
    document = (ROOT / "docs" / "kubernetes.md").read_text()
    ((_, example),) = re.findall(r"```yaml\n# (kustomization.yaml)\n(.*?)```", document, re.DOTALL)
    content = yaml.safe_load(example)
    content["components"] = [f"../../components/{name}" for name in OPTIONAL]
    (folder / "kustomization.yaml").write_text(yaml.safe_dump(content))
    return folder


@pytest.fixture(scope="session")
def overlays(tmp_path_factory):
    """The documents of each overlay, by its name."""
    copy = tmp_path_factory.mktemp("deploy") / "kubernetes"
    shutil.copytree(KUBERNETES, copy)
    folders = {name: copy / "overlays" / name for name in ("single", "scaled")}
    folders["all"] = overlay_of_ours(copy / "overlays" / "ours")
    return {name: rendered(folder) for name, folder in folders.items()}
