import re
from pathlib import Path

import pytest
from pydantic import ValidationError

from app.errors import SettingsError
from app.settings import PREFIX, Settings, _line, load_settings
from tests.app.fakes import settings

EXAMPLE = Path(__file__).parents[2] / ".env.example"


@pytest.fixture(autouse=True)
def _empty_environment(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for name in Settings.model_fields:
        monkeypatch.delenv(PREFIX + name.upper(), raising=False)


def problems_of(monkeypatch, **variables):
    for name, value in variables.items():
        monkeypatch.setenv(PREFIX + name, value)
    with pytest.raises(SettingsError) as caught:
        load_settings()
    return caught.value.problems


def test_without_variables_the_service_listens_on_this_machine_alone():
    found = load_settings()
    assert (found.host, found.port, found.data) == ("127.0.0.1", 8000, Path("./var"))
    assert found.models_folder == Path("var/models")
    assert found.model is None


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("PORT", "abc"),
        ("PORT", "-1"),
        ("PORT", "65536"),
        ("DEVICE", "tpu"),
        ("WORKERS", "0"),
        ("MAX_TEXTS", "0"),
        ("MAX_BODY_BYTES", "1.5"),
        ("STAY_UP_WITHOUT_MODEL", "perhaps"),
        ("DRAIN_TIMEOUT_S", "-1"),
        ("LOG_LEVEL", "loud"),
        ("ROOT_PATH", "tercet"),
    ],
)
def test_a_wrong_value_is_one_line_that_names_the_variable_and_the_value(monkeypatch, name, value):
    (line,) = problems_of(monkeypatch, **{name: value})
    assert re.fullmatch(f"TERCET_{name}={re.escape(value)}: [a-z].+\\.", line)


def test_each_wrong_value_has_its_line(monkeypatch):
    lines = problems_of(monkeypatch, PORT="abc", MAX_TEXTS="many")
    assert [line.partition("=")[0] for line in lines] == ["TERCET_PORT", "TERCET_MAX_TEXTS"]


def test_a_long_wrong_value_is_cut(monkeypatch):
    (line,) = problems_of(monkeypatch, PORT="9" * 5000)
    assert len(line) < 250


def test_a_queue_may_be_shorter_than_a_list_which_takes_its_turn_piece_by_piece(monkeypatch):
    monkeypatch.setenv("TERCET_QUEUE_LIMIT", "1")
    monkeypatch.setenv("TERCET_MAX_TEXTS", "1000")
    found = load_settings()
    assert (found.queue_limit, found.max_texts) == (1, 1000)


def test_an_empty_variable_counts_as_unset(monkeypatch):
    monkeypatch.setenv("TERCET_PORT", "")
    monkeypatch.setenv("TERCET_MODEL", "")
    assert load_settings() == settings(worker="embedded")


def test_the_dotenv_file_is_read_and_the_environment_goes_before_it(monkeypatch, tmp_path):
    (tmp_path / ".env").write_text("TERCET_PORT=1234\nTERCET_MAX_TEXTS=5\nOTHER=1\n")
    monkeypatch.setenv("TERCET_PORT", "4321")
    found = load_settings()
    assert (found.port, found.max_texts) == (4321, 5)


def test_a_dotenv_file_that_is_not_text_is_one_line(tmp_path):
    (tmp_path / ".env").write_bytes(b"TERCET_PORT=\xff\xfe")
    with pytest.raises(SettingsError, match=r"^\.env cannot be read"):
        load_settings()


def test_words_may_be_in_capitals(monkeypatch):
    monkeypatch.setenv("TERCET_LOG_LEVEL", "WARNING")
    monkeypatch.setenv("TERCET_DEVICE", "CPU")
    assert (load_settings().log_level, load_settings().device) == ("warning", "cpu")


SECRETS = {
    "API_KEYS": "secret-one,secret-two",
    "ADMIN_KEYS": "secret-three",
    "DATABASE_URL": "postgresql://user:secret-four@host/name",
    "QUEUE_URL": "redis://:secret-five@host",
}


def test_secrets_are_read_and_not_shown(monkeypatch):
    for name, value in SECRETS.items():
        monkeypatch.setenv(PREFIX + name, value)
    found = load_settings()
    assert found.api_keys == ("secret-one", "secret-two")
    assert found.admin_keys == ("secret-three",)
    assert (found.database_url, found.queue_url) == (SECRETS["DATABASE_URL"], SECRETS["QUEUE_URL"])
    assert "secret" not in repr(found) + str(found)


@pytest.mark.parametrize("name", ["API_KEYS", "ADMIN_KEYS"])
def test_keys_without_a_key_are_refused(monkeypatch, name):
    (line,) = problems_of(monkeypatch, **{name: " , "})
    assert line == f"TERCET_{name}=…: has no key; separate keys by commas, or leave it unset."


def test_a_problem_elsewhere_shows_no_secret(monkeypatch):
    (line,) = problems_of(monkeypatch, **SECRETS, PORT="abc")
    assert "secret" not in line


@pytest.mark.parametrize("name", SECRETS)
def test_a_secret_that_is_refused_is_not_shown(name):
    with pytest.raises(ValidationError) as caught:
        settings(**{name.lower(): 1 << 40})
    (problem,) = caught.value.errors()
    assert str(1 << 40) not in _line(problem)
    assert _line(problem).startswith(f"TERCET_{name}=…: ")


def test_the_root_path_loses_its_last_slash():
    assert settings(root_path="/tercet/").root_path == "/tercet"
    assert settings(root_path="/").root_path == ""


def test_the_example_file_lists_every_setting_with_its_default_and_a_comment(tmp_path):
    entries = re.findall(r"^# (.+)\n(TERCET_\w+)=(.*)$", EXAMPLE.read_text(), re.MULTILINE)
    assert sorted(name for _, name, _ in entries) == sorted(PREFIX + field.upper() for field in Settings.model_fields)
    assert len(re.findall(r"^\w+=", EXAMPLE.read_text(), re.MULTILINE)) == len(entries)
    (tmp_path / ".env").write_text(EXAMPLE.read_text())
    assert load_settings() == settings(worker="embedded")
    for _, name, value in entries:
        default = Settings.model_fields[name.removeprefix(PREFIX).lower()].default
        assert (value == "") == (default in (None, "", ())), name


def test_keys_are_separated_by_commas_and_never_shown(monkeypatch):
    monkeypatch.setenv("TERCET_API_KEYS", " first-key , second-key,,")
    found = load_settings()
    assert found.api_keys == ("first-key", "second-key")
    assert "first-key" not in f"{found!r} {found}"


def test_a_setting_that_has_no_key_does_not_open_what_it_was_to_close(monkeypatch):
    assert problems_of(monkeypatch, API_KEYS=" , ", ADMIN_KEYS=",") == [
        "TERCET_API_KEYS=…: has no key; separate keys by commas, or leave it unset.",
        "TERCET_ADMIN_KEYS=…: has no key; separate keys by commas, or leave it unset.",
    ]
