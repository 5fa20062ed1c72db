"""What the lock files promise: every package by its hash, no address, one version of each in all of them."""

import re
import tomllib
from pathlib import Path

import pytest
from packaging.markers import Marker
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parents[1]
EXTRAS: dict[str, tuple[str, ...]] = {
    "serve": (),
    "train": ("train",),
    "image": ("train", "redis", "otel"),
    "dev": ("train", "redis", "otel", "dev"),
    "gpu": ("train", "redis", "otel", "gpu"),
}
NAMES = tuple(EXTRAS)
CLIENTS = "clients"
"""For tests/clients alone."""
MACHINES = {"linux": ("x86_64", "aarch64"), "darwin": ("arm64",)}


def entries(name: str) -> list[str]:
    """Each requirement of a lock file with its hashes, as one string."""
    text = (ROOT / "requirements" / f"{name}.lock").read_text("utf-8")
    return [entry for entry in re.split(r"\n(?! )", text.strip()) if not entry.startswith("#")]


def locked(name: str) -> list[Requirement]:
    return [Requirement(entry.partition("\\")[0].strip()) for entry in entries(name)]


def direct(name: str) -> list[Requirement]:
    """What pyproject.toml, or the clients' own file, asks for in the environment of that lock file."""
    if name == CLIENTS:
        text = (ROOT / "requirements" / "clients.in").read_text("utf-8")
        return [Requirement(line) for line in text.splitlines() if not line.startswith("#")]
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    lines = project["dependencies"] + [
        line for extra in EXTRAS[name] for line in project["optional-dependencies"][extra]
    ]
    return [Requirement(line) for line in lines]


@pytest.mark.parametrize("name", [*NAMES, CLIENTS])
def test_every_requirement_is_pinned_and_hashed(name):
    for entry in entries(name):
        assert re.fullmatch(r"[a-z0-9-]+==[^ ]+( ; [^\\]+)?( \\\n +--hash=sha256:[0-9a-f]{64})+", entry), entry[:200]


@pytest.mark.parametrize("name", [*NAMES, CLIENTS])
def test_no_lock_file_names_an_address_or_a_place(name):
    text = (ROOT / "requirements" / f"{name}.lock").read_text("utf-8")
    assert re.findall(r"://|--(?:extra-)?index|--find-links| @ |#.*", text) == []


@pytest.mark.parametrize("name", ["serve", "train", "image"])
def test_the_lock_file_of_developers_contains_the_others(name):
    assert set(entries(name)) < set(entries("dev"))


def test_the_gpu_lock_file_differs_in_tensorflow_alone():
    others = {requirement.name for requirement in locked("gpu") if str(requirement) not in map(str, locked("image"))}
    assert {name for name in others if not name.startswith("nvidia-")} == {"tensorflow"}


@pytest.mark.parametrize("name", ["serve", "train", "image", "dev"])
@pytest.mark.parametrize(("system", "machine"), [(s, m) for s, machines in MACHINES.items() for m in machines])
def test_each_platform_gets_one_tensorflow_and_linux_on_x86_64_the_cpu_wheel(name, system, machine):
    here = {"sys_platform": system, "platform_machine": machine}
    chosen = [r.name for r in locked(name) if r.name.startswith("tensorflow") and applies(r.marker, here)]
    assert chosen == ["tensorflow-cpu" if (system, machine) == ("linux", "x86_64") else "tensorflow"]


def applies(marker: Marker | None, environment: dict[str, str]) -> bool:
    return marker is None or marker.evaluate(environment)


@pytest.mark.parametrize("name", [*NAMES, CLIENTS])
def test_lock_files_keep_to_what_is_asked_for(name):
    versions = {canonicalize_name(requirement.name): requirement.specifier for requirement in locked(name)}
    for requirement in direct(name):
        (pin,) = versions[canonicalize_name(requirement.name)]
        assert requirement.specifier.contains(pin.version), f"{requirement}: {name}.lock has {pin}; run make lock"
