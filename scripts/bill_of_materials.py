"""Writes what Tercet is made of as CycloneDX 1.6: `python -m scripts.bill_of_materials [FOLDER]`, without a network.

A file for each lock file: every package with its version and the sha256 of its files, as cyclonedx-bom makes it, and
with its licence where the package is installed here, since lock files do not say.
"""

import json
import re
import subprocess
import sys
from importlib.metadata import Distribution, distributions
from pathlib import Path
from typing import Any

from model.durable import write_text
from model.version import __version__

ROOT = Path(__file__).parents[1]
LOCKS = ("serve", "train", "image", "gpu")
_CLASSIFIER = "License :: OSI Approved :: "


def main() -> None:
    """Write all of them."""
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else ROOT / "build" / "sbom"
    licences = {_normal(found.name): licence for found in distributions() if (licence := licence_of(found))}
    for lock in LOCKS:
        content = bill(ROOT / "requirements" / f"{lock}.lock", licences)
        write_text(folder / f"{lock}.cdx.json", json.dumps(content, indent=1) + "\n")
        print(f"{folder / lock}.cdx.json: {len(content['components'])} packages")


def bill(lock: Path, licences: dict[str, list[dict[str, Any]]]) -> dict[str, Any]:
    """The content of the file for a lock file."""
    command = [
        sys.executable,
        "-W",
        "ignore",
        "-m",
        "cyclonedx_py",
        "requirements",
        "--output-reproducible",
        "--no-validate",
    ]
    options = ["--sv", "1.6", "--pyproject", str(ROOT / "pyproject.toml"), str(lock)]
    made = subprocess.run([*command, *options], check=True, capture_output=True, text=True)
    content: dict[str, Any] = json.loads(made.stdout)
    content["metadata"]["component"]["version"] = __version__
    for component in content["components"]:
        known = licences.get(_normal(component["name"]))
        if known is not None:
            component["licenses"] = known
    return content


def licence_of(package: Distribution) -> list[dict[str, Any]] | None:
    """What the package says of its licence, as CycloneDX has it."""
    metadata = package.metadata.json
    if expression := metadata.get("license_expression"):
        return [{"expression": expression}]
    classifiers = metadata.get("classifier", ())
    names = [each.removeprefix(_CLASSIFIER) for each in classifiers if each.startswith(_CLASSIFIER)]
    text = str(metadata.get("license", "")).strip()
    if not names and text and "\n" not in text:  # others put the whole text there
        names = [text]
    return [{"license": {"name": name}} for name in names] or None


def _normal(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


if __name__ == "__main__":
    main()
