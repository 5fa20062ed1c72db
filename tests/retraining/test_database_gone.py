"""The database goes away while a job runs, and comes back: who predicts notices nothing, and the job ends truly."""

import pytest

from tests.retraining import toy
from tests.retraining.playground import Playground


@pytest.mark.postgres
def test_a_job_goes_on_while_the_database_is_gone_and_is_recorded_once_it_is_back(tmp_path, toy_models, postgres):
    url = postgres.create()
    with Playground.of_toys(tmp_path, toy_models, url).started() as (service, admin):
        admin.upload("weather", toy.csv())
        job_id = admin.retrain("weather", epochs=2, promote="always")
        service.wait_for("is trained by process")
        postgres.stop()
        try:
            assert admin.post("/predict", json={"text": "the calm sea"}).status_code == 200
            assert admin.get(f"/jobs/{job_id}").status_code == 503
            feedback = admin.post("/feedback", json={"text": "the calm sea", "label": "calm"})
            assert feedback.status_code == 503
            assert "127.0.0.1" not in feedback.text
            service.wait_for("Serving: toy 2")
        finally:
            postgres.start()
        job = admin.ended(job_id)
        assert (job["state"], job["attempts"], job["result"]["version"]) == ("succeeded", 1, 2)
        assert service.log().count("cannot be used:") <= 4  # said once by each process and kind of trouble
        service.terminate()
        assert service.exit_code() == 0
    postgres.drop(url)
