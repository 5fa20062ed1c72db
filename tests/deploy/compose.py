"""docker-compose.yml as data."""

import yaml

from tests.deploy.paths import ROOT


def compose():
    """Its content, before variables are put in."""
    return yaml.safe_load((ROOT / "docker-compose.yml").read_text())
