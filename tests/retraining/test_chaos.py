"""Kills at random moments: every job ends truly, and nothing that was promised is lost.

More of it in acceptance, on Postgres too.
"""

import random

from tests.retraining.chaos import VICTIMS, Chaos
from tests.retraining.playground import Playground


def test_after_kills_every_job_has_ended_and_nothing_is_lost_or_half_written(tmp_path, toy_models):
    playground = Playground.of_toys(tmp_path, toy_models, None, KEEP_VERSIONS=1000)
    chaos = Chaos(playground, seed=random.SystemRandom().randrange(10**6))
    chaos.run(kills=len(VICTIMS))
    assert chaos.killed.keys() == VICTIMS.keys()
