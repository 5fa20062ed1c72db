import shutil
import socket

import pytest

from tests.app.process import run


@pytest.fixture
def data(tmp_path, toy_models):
    """A data folder with `toy` in two versions, 1 being current."""
    shutil.copytree(toy_models, tmp_path / "var" / "models")
    shutil.copytree(toy_models / "toy" / "1", tmp_path / "var" / "models" / "toy" / "2")
    return tmp_path


def test_help_says_what_it_does_and_where_the_settings_are(tmp_path):
    result = run("--help", cwd=tmp_path)
    assert result.returncode == 0
    assert ".env.example" in result.stdout
    assert "models" in result.stdout
    assert "--workers" in result.stdout


def test_no_workers_are_a_wrong_option(tmp_path):
    result = run("--workers", "0", cwd=tmp_path)
    assert result.returncode == 2
    assert "--workers" in result.stderr


def test_wrong_settings_end_with_2_and_a_line_each(tmp_path):
    result = run(cwd=tmp_path, PORT="abc", MAX_TEXTS="0")
    assert result.returncode == 2
    assert result.stdout == ""
    port, texts = result.stderr.splitlines()
    assert port.startswith("TERCET_PORT=abc: ")
    assert texts.startswith("TERCET_MAX_TEXTS=0: ")


def test_a_database_of_another_kind_is_a_wrong_setting(tmp_path):
    done = run(cwd=tmp_path, PORT=0, DATABASE_URL="mysql://reader:secret@host/name")
    assert done.returncode == 2
    assert "TERCET_DATABASE_URL names mysql" in done.stderr
    assert "secret" not in done.stderr


def test_a_taken_port_ends_with_1_and_one_line(data):
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        result = run(cwd=data, PORT=port)
    assert result.returncode == 1
    assert result.stderr.splitlines() == [
        f"Port {port} on 127.0.0.1 is taken by another process; set TERCET_PORT (make serve PORT={port + 1})."
    ]


def test_a_data_folder_that_cannot_be_written_ends_with_1_and_one_line(tmp_path):
    (tmp_path / "var").write_text("")
    result = run(cwd=tmp_path, PORT=0)
    assert result.returncode == 1
    (line,) = result.stderr.splitlines()
    assert line.startswith("Cannot write to var/models (TERCET_DATA): ")


def test_a_damaged_bundle_ends_with_1_and_names_the_file_and_the_remedy(data):
    weights = next((data / "var" / "models" / "toy" / "1" / "variables").glob("*.data*"))
    content = bytearray(weights.read_bytes())
    content[100] ^= 1
    weights.write_bytes(content)
    result = run(cwd=data, PORT=0)
    assert result.returncode == 1
    _key, listening, said = result.stderr.splitlines()
    assert "Listening on" in listening
    assert said.startswith("var/models/toy/1: variables/variables.data-00000-of-00001 does not match its sha256")
    assert "python -m app models promote" in said


def test_an_unknown_model_ends_with_1_and_lists_those_there_are(data):
    result = run(cwd=data, PORT=0, MODEL="nobody")
    assert result.returncode == 1
    assert "there are: toy." in result.stderr.splitlines()[-1]
    assert "Traceback" not in result.stderr


def test_a_gpu_that_is_not_there_ends_with_1_and_one_line(data, monkeypatch):
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "-1")
    result = run(cwd=data, PORT=0, DEVICE="gpu")
    assert result.returncode == 1
    _key, listening, said = result.stderr.splitlines()
    assert "Listening on" in listening
    assert "GPU" in said


FACTS = "2026-01-02 03:04  accuracy 0.5000"


def test_models_are_listed_promoted_rolled_back_and_removed(data):
    def listed():
        return run("models", "list", cwd=data).stdout.splitlines()

    assert listed() == [f"* toy 1  {FACTS}", f"  toy 2  {FACTS}"]
    promoted = run("models", "promote", "2", cwd=data)
    assert (promoted.returncode, promoted.stderr) == (0, "")
    assert promoted.stdout.startswith("Promoted toy 2. A running service serves it within two seconds")
    assert listed() == [f"  toy 1  {FACTS}  previous", f"* toy 2  {FACTS}"]
    back = run("models", "rollback", cwd=data)
    assert (back.returncode, back.stderr) == (0, "")
    assert back.stdout.startswith("Promoted toy 1, in the place of 2.")
    assert listed() == [f"* toy 1  {FACTS}", f"  toy 2  {FACTS}  previous"]
    removed = run("models", "remove", "2", "--name", "toy", cwd=data)
    assert (removed.returncode, removed.stdout, removed.stderr) == (0, "Removed toy 2.\n", "")
    assert listed() == [f"* toy 1  {FACTS}"]


def test_a_damaged_version_is_listed_as_such(data):
    (data / "var" / "models" / "toy" / "2" / "saved_model.pb").unlink()
    first, second = run("models", "list", cwd=data).stdout.splitlines()
    assert first == f"* toy 1  {FACTS}"
    assert second.startswith("  toy 2  damaged: var/models/toy/2: saved_model.pb is missing.")


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("promote", "9"), "toy has no version 9; there are: 1, 2."),
        (("remove", "1"), "toy 1 is the version that serves"),
        (("rollback",), "No version of toy that is still there served before 1."),
        (("promote", "1", "--name", "other"), "other"),
        (("promote", "1", "--name", "../toy"), "is no name for a model"),
    ],
)
def test_a_wrong_version_or_name_is_one_line(data, arguments, said):
    result = run("models", *arguments, cwd=data)
    assert result.returncode == 1
    (line,) = result.stderr.splitlines()
    assert said in line


def test_with_a_key_only_what_is_signed_is_served_and_a_command_signs_it(data):
    key = {"BUNDLE_KEY": "bundle-key-0123456789-0123456789"}
    refused = run("bulk", "missing.csv", "out.csv", cwd=data, **key)
    assert "var/models/toy/1 is not signed, and TERCET_BUNDLE_KEY is set." in refused.stderr
    signed = run("models", "sign", "1", cwd=data, **key)
    assert (signed.returncode, signed.stdout) == (0, "Signed toy 1.\n")
    first, second = run("models", "list", cwd=data, **key).stdout.splitlines()
    assert "is not signed" not in first
    assert "is not signed" in second
    assert "There is no key to sign by" in run("models", "sign", "1", cwd=data).stderr
    assert "needs 32 or more" in run("models", "list", cwd=data, BUNDLE_KEY="short").stderr
