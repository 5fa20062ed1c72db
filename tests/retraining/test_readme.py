"""README's loop, as a reader pastes it into a shell."""

import re
import subprocess
from pathlib import Path

from tests.app.process import client_of, started

ROOT = Path(__file__).parents[2]
(COMMANDS,) = re.findall(r"```sh\n(URL=.*?)```", (ROOT / "README.md").read_text(encoding="utf-8"), re.DOTALL)


def test_the_commands_train_promote_and_roll_back(tmp_path):
    (tmp_path / "examples").symlink_to(ROOT / "examples")
    with started(tmp_path, WORKER="embedded") as service, client_of(service) as client:
        service.wait_until_ready()
        commands = COMMANDS.replace("http://127.0.0.1:8000", service.url)
        done = subprocess.run(
            ["sh", "-eu", "-c", commands], cwd=tmp_path, capture_output=True, text=True, check=True, timeout=300
        )
        said = done.stdout
        assert '"rows":240' in said
        assert re.search(r'^data: \{"state":"succeeded","version":3\}$', said, re.MULTILINE)
        versions = {version["version"]: version for version in client.get("/models").json()["versions"]}
        assert (versions[2]["serving"], versions[3]["previous"]) == (True, True)
        assert said.endswith('{"name":"spooky-authors","version":2}')
        assert client.get("/model").json()["labels"] == ["EAP", "HPL", "MWS"]
