"""What can be known of the peers without installing them."""

import re

import pytest

from benchmarks.peers import environments
from benchmarks.peers.catalogue import DO_NOTHING, MLSERVER, PEERS, TERCET
from benchmarks.peers.environments import ROOT, InstallationError, interpreter, requirements

ENVIRONMENTS = sorted({"onnx", *(peer.environment for peer in PEERS if peer.environment)})


@pytest.mark.parametrize("name", ENVIRONMENTS)
def test_every_version_is_pinned(name):
    lines = requirements(name).read_text().splitlines()
    assert [line for line in lines if not re.fullmatch(r"[\w.-]+==[\w.]+", line)] == []


def test_peers_run_the_tensorflow_that_tercet_runs():
    (ours,) = re.findall(r"^tensorflow-cpu==(\S+)", (ROOT / "requirements" / "serve.lock").read_text(), re.MULTILINE)
    for peer in PEERS:
        if peer.environment:
            pinned = requirements(peer.environment).read_text().replace("_", "-").splitlines()
            assert f"tensorflow-cpu=={ours}" in pinned


def test_each_contender_has_a_file_that_starts_it():
    for contender in (DO_NOTHING, *PEERS):
        module = contender.arguments[1]
        assert (ROOT / f"{module.replace('.', '/')}.py").is_file()


def test_port_and_folder_are_filled_in(tmp_path):
    assert DO_NOTHING.command(8123, tmp_path)[1:] == ["-m", "benchmarks.peers.do_nothing_server", "8123"]
    expected = {"TERCET_PORT": "8123", "TERCET_DATA": f"{tmp_path}/var", "TERCET_WORKER": "none"}
    assert TERCET.variables_for(8123, tmp_path) == expected
    assert MLSERVER.version() == "1.7.1"
    assert TERCET.version() is None


def test_an_environment_is_made_once_for_its_versions(tmp_path, monkeypatch):
    (tmp_path / "nothing.txt").write_text("")
    monkeypatch.setattr(environments, "_REQUIREMENTS", tmp_path)
    python = interpreter("nothing", tmp_path / "cache")
    python.unlink()
    assert interpreter("nothing", tmp_path / "cache") == python
    assert not python.exists()  # it was not made again
    (tmp_path / "nothing.txt").write_text("\n")
    assert interpreter("nothing", tmp_path / "cache").exists()


def test_a_peer_that_cannot_be_installed_says_so(tmp_path, monkeypatch):
    (tmp_path / "broken.txt").write_text("no requirement at all\n")
    monkeypatch.setattr(environments, "_REQUIREMENTS", tmp_path)
    with pytest.raises(InstallationError, match="broken cannot be installed"):
        interpreter("broken", tmp_path / "cache")
