"""The command line of a training job: on a cluster where the settings name one."""

import pytest

from app.jobs.training_command import arguments
from app.settings import Settings
from tests.app.jobs.orders import ORDER


def of_cluster(**settings):
    line = arguments("job", ORDER, Settings(**settings), None)
    return [word for word in line if word.startswith(("--ray", "--workers"))]


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({}, []),
        ({"ray_workers": 4}, []),
        ({"ray_address": "10.0.0.1:6379"}, ["--ray=10.0.0.1:6379", "--workers=2"]),
        ({"ray_address": "auto", "ray_workers": 4}, ["--ray=auto", "--workers=4"]),
    ],
)
def test_a_job_learns_on_the_cluster_that_the_settings_name(tmp_path, settings, words):
    assert of_cluster(data=tmp_path, **settings) == words
