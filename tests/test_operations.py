"""What docs/operations.md says is true: its backup of a running service comes back whole; what it names is there."""

import re
import shutil
import subprocess
import sys
from pathlib import Path

from app.settings import Settings
from tests.retraining import toy
from tests.retraining.playground import Playground

ROOT = Path(__file__).parents[1]
GUIDE = (ROOT / "docs" / "operations.md").read_text(encoding="utf-8")


def script(section: str) -> str:
    """The commands of a section."""
    (found,) = re.findall(r"```sh\n(.*?)```", GUIDE.partition(f"\n## {section}\n")[2].partition("\n## ")[0], re.DOTALL)
    return str(found).replace(".venv/bin/python", sys.executable)


def sh(commands: str, folder: Path) -> None:
    subprocess.run(["sh", "-eu", "-c", commands], cwd=folder, check=True, capture_output=True, text=True)


def test_a_backup_of_a_service_that_runs_brings_everything_back(tmp_path, toy_models):
    playground = Playground.of_toys(tmp_path, toy_models, None, DATA=tmp_path / "var", WORKER="none")
    shutil.move(tmp_path / "data", tmp_path / "var")
    with playground.started() as (_, admin):
        admin.upload("weather", toy.csv())
        assert admin.post("/feedback", json={"text": "a calm sea", "label": "calm"}).status_code == 201
        job = admin.retrain("weather")
        sh(script("Back up"), tmp_path)
        said = admin.probabilities(["the calm sea"])
        lost = admin.retrain("weather", seed=1)
    assert {path.stat().st_mode & 0o077 for path in (tmp_path / "backup").glob("*.db")} == {0}
    sh(script("Restore"), tmp_path)
    with playground.started() as (_, admin):
        assert admin.probabilities(["the calm sea"]) == said
        assert admin.get("/datasets/weather").json()["versions"][0]["rows"] == 75
        assert [each["id"] for each in admin.get("/jobs").json()["jobs"]] == [job]
        assert admin.get(f"/jobs/{lost}").status_code == 404


def test_settings_that_are_named_are_there():
    named = set(re.findall(r"TERCET_([A-Z_]+[A-Z])", GUIDE))
    assert len(named) > 5
    assert named <= {name.upper() for name in Settings.model_fields}
