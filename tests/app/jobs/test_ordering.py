import asyncio

import pytest

from app.errors import ConflictError, InvalidRequestError
from app.jobs.options import TrainingOptions
from app.jobs.ordering import Ordering, digest
from app.jobs.schemas import RetrainRequest
from app.jobs.store import JobStore
from tests.app.fakes import settings
from tests.app.jobs.retraining import PRESETS, Pipeline, add_dataset, add_model, ordered

OPTIONS = TrainingOptions.model_validate(PRESETS).below(200)


@pytest.fixture
def ordering(tmp_path, database, database_url, monkeypatch):
    Pipeline(monkeypatch)
    add_model(tmp_path)
    add_dataset(database)
    return Ordering(settings(data=tmp_path, database_url=database_url), database)


def request(**values):
    return RetrainRequest(**{"dataset": "toy", **values})


def refusal(ordering, **values):
    with pytest.raises(InvalidRequestError) as caught:
        ordering.order(request(**values), OPTIONS)
    return {problem.field: problem.message for problem in caught.value.problems}


def test_what_is_left_out_is_chosen_now(ordering):
    order = ordering.order(request(), OPTIONS)
    assert order.model_dump(exclude={"request_digest"}) == {
        "dataset": {
            "name": "toy",
            "digest": "d" * 64,
            "file": f"toy/{'d' * 64}.csv",
            "text_column": "text",
            "label_column": "label",
        },
        "model": "toy",
        "preset": "reference",
        "epochs": 50,
        "seed": 0,
        "include_feedback": False,
        "promote": "if_better",
        "allow_label_change": False,
        "traceparent": None,
    }


def test_what_is_asked_for_is_ordered(ordering):
    asked = {
        "preset": "small",
        "epochs": 200,
        "seed": 4294967295,
        "include_feedback": True,
        "promote": "always",
        "allow_label_change": True,
    }
    assert ordering.order(request(**asked), OPTIONS).model_dump(include=set(asked)) == asked


def test_a_preset_brings_its_epochs(ordering):
    assert ordering.order(request(preset="small"), OPTIONS).epochs == 5


def test_the_newest_content_of_the_data_set_is_ordered(ordering, database):
    add_dataset(database, digest="e")
    assert ordering.order(request(), OPTIONS).dataset.digest == "e" * 64


@pytest.mark.parametrize("name", ["other", "", "../toy", "toy\0", "\udc80", "t" * 100_000, "Toy"])
def test_an_unknown_data_set_is_refused_with_those_there_are(ordering, name):
    message = refusal(ordering, dataset=name)["dataset"]
    assert "there are: toy" in message
    assert len(message) < 500


@pytest.mark.parametrize(
    ("values", "field", "message"),
    [
        ({"preset": "huge"}, "preset", "preset: there is no preset 'huge'; there are: reference, small"),
        ({"preset": ""}, "preset", "preset: there is no preset ''; there are: reference, small"),
        ({"epochs": 0}, "epochs", "epochs is 0; it has to be from 1 to 200"),
        ({"epochs": 201}, "epochs", "epochs is 201; it has to be from 1 to 200"),
        ({"seed": -1}, "seed", "seed is -1; it has to be from 0 to 4294967295"),
        ({"seed": 1 << 32}, "seed", "seed is 4294967296; it has to be from 0 to 4294967295"),
    ],
)
def test_what_is_out_of_range_is_refused_with_what_there_is(ordering, values, field, message):
    assert refusal(ordering, **values) == {field: message}


def test_all_that_is_wrong_is_said_at_once(ordering):
    assert set(refusal(ordering, dataset="x", preset="y", epochs=0, seed=-1)) == {"dataset", "preset", "epochs", "seed"}


def test_without_a_data_set_it_is_said_how_to_bring_one(tmp_path, database, database_url):
    empty = Ordering(settings(data=tmp_path, database_url=database_url), database)
    assert "PUT /datasets/{name}" in refusal(empty)["dataset"]


def test_which_model_to_train_has_to_be_clear(ordering, tmp_path):
    add_model(tmp_path, "another")
    with pytest.raises(ConflictError, match="another, toy"):
        ordering.order(request(), OPTIONS)


def place(ordering, key=None, **values):
    return asyncio.run(ordering.place(request(**values), key))


def test_a_request_becomes_a_queued_job(ordering, database):
    job, created = place(ordering, seed=3)
    assert (job.state, created) == ("queued", True)
    assert ordered(JobStore(database).get(job.id)).seed == 3


def test_two_requests_are_two_jobs_unless_they_have_one_key(ordering, database):
    jobs = [place(ordering)[0].id, place(ordering)[0].id, place(ordering, "k")[0].id, place(ordering, "k")[0].id]
    assert len(set(jobs)) == 3
    assert jobs[2] == jobs[3]
    assert len(JobStore(database).list()) == 3


def test_a_key_gives_the_first_job_even_where_it_could_not_be_ordered_today(ordering, database):
    first, _ = place(ordering, "k")
    add_dataset(database, digest="e")
    again, created = place(ordering, "k")
    assert (again.id, created, ordered(again).dataset.digest) == (first.id, False, "d" * 64)


def test_a_key_is_for_one_request(ordering, database):
    job, _ = place(ordering, "k")
    with pytest.raises(InvalidRequestError, match=job.id) as caught:
        place(ordering, "k", seed=1)
    assert [problem.field for problem in caught.value.problems] == ["Idempotency-Key"]
    assert len(JobStore(database).list()) == 1


def test_of_many_at_once_under_one_key_there_is_one_job(ordering, database):
    async def main():
        return await asyncio.gather(*(ordering.place(request(), "k") for _ in range(8)))

    placed = asyncio.run(main())
    assert len({job.id for job, _ in placed}) == 1
    assert [created for _, created in placed].count(True) == 1
    assert len(JobStore(database).list()) == 1


def test_a_key_that_somebody_uses_at_the_same_moment_for_something_else_is_refused(ordering, database):
    other = ordering.order(request(seed=9), OPTIONS)
    ordering._with_key = lambda key: JobStore(database).submit(other, key) and None
    with pytest.raises(InvalidRequestError, match="was used before"):
        place(ordering, "k")


def test_a_default_that_is_spelled_out_changes_nothing():
    spelled = request(preset=None, include_feedback=False, promote="if_better")
    assert digest(spelled) == digest(request())
    assert digest(request(seed=0)) != digest(request(seed=1))
