from app.settings import PREFIX, Settings
from app.unknown_settings import unknown, warnings


def test_a_misspelt_setting_is_named_with_the_one_that_is_meant_and_without_its_value():
    assert list(unknown({"TERCET_WORKRS": "secret"})) == [
        "Warning: TERCET_WORKRS is no setting; did you mean TERCET_WORKERS?"
    ]


def test_what_resembles_no_setting_is_named_alone():
    assert list(unknown({"TERCET_XYZZY_PLUGH": "1"})) == [
        "Warning: TERCET_XYZZY_PLUGH is no setting; .env.example lists them all."
    ]


def test_settings_and_variables_of_others_are_passed_over():
    settings = {f"{PREFIX}{name.upper()}": "1" for name in Settings.model_fields}
    others = {"PATH": "1", "tercet_port": "1", "TERCET_TEST_BROWSER": "1", "TERCET_PUBLISH": "1"}
    assert list(unknown(settings | others)) == []


def test_what_kubernetes_says_of_services_is_passed_over():
    links = {
        "TERCET_SERVICE_HOST": "10.0.0.1",
        "TERCET_API_SERVICE_PORT_HTTP": "8000",
        "TERCET_API_PORT": "tcp://10.0.0.1:8000",
        "TERCET_PORT_8000_TCP_ADDR": "10.0.0.1",
    }
    assert list(unknown(links)) == []


def test_the_file_of_settings_is_looked_at_too(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / ".env").write_text("TERCET_QUEUE_LIMITS=3\nTERCET_MODEL=toy\n")
    monkeypatch.setenv("TERCET_LOGLEVEL", "info")
    assert [line.partition(" is ")[0] for line in warnings()] == [
        "Warning: TERCET_LOGLEVEL",
        "Warning: TERCET_QUEUE_LIMITS",
    ]
