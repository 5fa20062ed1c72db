from pathlib import Path

from app.assignment import Assignment
from app.settings import PREFIX, Settings
from tests.app.fakes import settings

OTHERS = {
    "host": "::1",
    "data": Path("/somewhere"),
    "model": "mine",
    "max_texts": 7,
    "api_keys": ("one", "two, with a comma"),
    "admin_keys": ("three",),
    "database_url": "postgresql://user:password@host/name",
    "queue_url": "redis://:password@host",
    "worker": "none",
    "vectors": Path("glove.zip"),
    "retrain_after_feedback": 50,
    "retrain_cron": "0 3 * * 1",
}


def sent(given: Settings) -> Settings:
    """What a worker has of settings that its parent was given."""
    assignment = Assignment(settings=given, listener=3, statistics=4, row=1, accept_at_once=True)
    return Assignment.model_validate_json(assignment.model_dump_json()).settings


def test_a_worker_has_the_settings_of_its_parent_secrets_and_all():
    assert sent(settings(**OTHERS)) == settings(**OTHERS)
    assert sent(settings()) == settings()


def test_what_the_environment_says_by_then_does_not_matter(monkeypatch):
    given = settings()
    for name in OTHERS:
        monkeypatch.setenv(PREFIX + name.upper(), "9")
    assert sent(given) == given
