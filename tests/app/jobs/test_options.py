import asyncio

import pytest

from app.errors import PipelineError
from app.jobs.options import OptionsSource, TrainingOptions, ask_pipeline
from tests.app.jobs.retraining import PRESETS


def options_below(most):
    return TrainingOptions.model_validate(PRESETS).below(most)


def test_no_more_epochs_than_the_service_allows_neither_by_request_nor_by_preset():
    options = options_below(20)
    assert options.limits.epochs == (1, 20)
    assert [(preset.name, preset.epochs) for preset in options.presets] == [("reference", 20), ("small", 5)]


def test_the_pipeline_has_its_own_limit():
    assert options_below(1_000_000).limits.epochs == (1, 10_000)


def test_what_else_a_preset_says_is_passed_on():
    assert options_below(20).presets[1].model_dump()["batch_size"] == 64


def test_the_pipeline_is_asked_once_however_many_ask_at_the_same_time():
    calls = []

    async def ask():
        calls.append(1)
        await asyncio.sleep(0)
        return PRESETS

    async def main():
        source = OptionsSource(200, ask)
        return await asyncio.gather(*(source.get() for _ in range(5)))

    assert len({id(options) for options in asyncio.run(main())}) == 1
    assert len(calls) == 1


def test_after_a_failure_the_pipeline_is_asked_again():
    answers = [PipelineError("no process"), PRESETS]

    async def ask():
        answer = answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer

    async def main():
        source = OptionsSource(200, ask)
        with pytest.raises(PipelineError):
            await source.get()
        return await source.get()

    assert asyncio.run(main()).default == "reference"


def test_the_pipeline_that_is_installed_says_what_is_expected_of_it():
    options = TrainingOptions.model_validate(asyncio.run(ask_pipeline()))
    assert options.preset(options.default) is not None
    assert options.limits.epochs[0] == 1
