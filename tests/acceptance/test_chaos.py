"""Fifty kills at random moments, of the training, of its worker and of the service, with each kind of database."""

import random

import pytest

from tests.retraining.chaos import Chaos
from tests.retraining.playground import Playground

pytestmark = pytest.mark.acceptance

KILLS = 51


def test_after_many_kills_every_job_has_ended_and_nothing_is_lost(tmp_path, toy_models, database_url):
    playground = Playground.of_toys(tmp_path, toy_models, database_url, KEEP_VERSIONS=1000)
    chaos = Chaos(playground, seed=random.SystemRandom().randrange(10**6))
    chaos.run(KILLS)
    assert chaos.killed.total() >= KILLS
