"""The rules that hold for the tree as a whole: who imports whom, how long modules are, what no file may say."""

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PACKAGES = ("app", "model", "training")
LINT = "from importlinter.cli import lint_imports_command as lint; lint()"

# Imports every module of the service, but for those on Ray, with all that serve.lock does not name out of reach.
SERVE_ALONE = """
import importlib, importlib.metadata, pkgutil, re, sys

def plain(name):
    return re.sub("[-_.]+", "-", name).lower()

locked = {plain(name) for name in re.findall("^([^ =]+)==", open("requirements/serve.lock").read(), re.M)}
installed = importlib.metadata.packages_distributions()
others = {top for top, owners in installed.items() if not locked & {plain(owner) for owner in owners}}

class Unreachable:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in others | {"training"}:
            raise ModuleNotFoundError(f"No module named {name!r} beside serve.lock", name=name)

sys.meta_path.insert(0, Unreachable())
import app
for module in pkgutil.walk_packages(app.__path__, "app."):
    if not module.name.endswith("__main__") and ".cluster." not in module.name:
        importlib.import_module(module.name)
print(sorted(others & {"matplotlib", "sklearn", "pyarrow", "pytest", "ray"}))
"""


def python(code: str, *arguments: str, folder: Path = ROOT) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-c", code, *arguments]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)


def committed_texts() -> dict[str, str]:
    listing = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=True)
    texts = {}
    for name in filter(None, listing.stdout.split("\0")):
        content = (ROOT / name).read_bytes() if (ROOT / name).is_file() else b""
        if b"\0" not in content:
            texts[name] = content.decode("utf-8", errors="replace")
    return texts


def test_the_import_rules_hold():
    done = python(LINT, "--no-logo", "--no-cache")
    assert done.returncode == 0, done.stdout
    assert "4 kept, 0 broken" in done.stdout


@pytest.mark.parametrize(
    ("package", "forbidden", "rule"),
    [
        ("app", "training.errors", "The service never imports the pipeline, nor the training stack"),
        ("app", "sklearn", "The service never imports the pipeline, nor the training stack"),
        ("app", "ray", "Ray is an extra, of the modules of the cluster alone"),
        ("training", "app", "The pipeline never imports the service"),
        ("model", "fastapi", "The shared core imports neither side, nor HTTP, nor the training stack"),
        ("model", "training.errors", "The shared core imports neither side, nor HTTP, nor the training stack"),
    ],
)
def test_an_import_against_the_rules_is_caught(tmp_path, package, forbidden, rule):
    for name in PACKAGES:
        shutil.copytree(ROOT / name, tmp_path / name, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    (tmp_path / package / "planted.py").write_text(f"def late():\n    import {forbidden}\n")
    done = python(LINT, "--no-logo", "--no-cache", folder=tmp_path)
    assert done.returncode == 1
    assert f"{rule} BROKEN" in done.stdout
    assert f"{package}.planted -> {forbidden}" in done.stdout


def test_the_service_imports_with_what_its_lock_file_names_alone():
    done = python(SERVE_ALONE)
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip() == "['matplotlib', 'pyarrow', 'pytest', 'ray', 'sklearn']"


@pytest.mark.parametrize("package", [*PACKAGES, "scripts"])
def test_no_module_is_longer_than_400_lines(package):
    lengths = {path: len(path.read_text("utf-8").splitlines()) for path in (ROOT / package).rglob("*.py")}
    assert lengths
    assert {str(path): length for path, length in lengths.items() if length > 400} == {}


def test_no_file_names_a_package_registry_or_a_path_of_one_machine():
    hosts = ("py" + "pi.org", "python" + "hosted.org", "npm" + "js.", "deb." + "debian.org")  # not to find itself
    machine_path = r"(?<![\w.~$}-])/(?:work|root|tmp|home|Users)/\w"
    pattern = re.compile("|".join([*map(re.escape, hosts), machine_path]))
    texts = committed_texts()
    assert "pyproject.toml" in texts
    of_containers = re.compile(r"Dockerfile|docker-compose[\w.]*|deploy/.*|docs/docker\.md")  # whose /tmp is their own
    found = [
        f"{name}: {match.group()}"
        for name, text in texts.items()
        for match in pattern.finditer(text)
        if not (match.group().startswith("/tmp/") and of_containers.fullmatch(name))
    ]
    assert found == []
