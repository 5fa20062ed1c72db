import asyncio
import time
from typing import ClassVar

import numpy as np
import pytest

from app.admission import Admission
from app.batcher import Batcher
from app.classifier import MOST_CHARACTERS, MOST_ROWS, Classifier
from app.errors import NotReadyError, QueueFullError
from app.model_host import ModelHost
from app.statistics import Statistics
from tests.app.fakes import FakeEngine, fake_serving


class Bench:
    """A classifier on a fake engine, with the model loaded."""

    made: ClassVar[list["Bench"]] = []

    def __init__(self, queue_limit=10_000):
        self.engine = FakeEngine()
        self.models = ModelHost()
        self.statistics = Statistics()
        self.batcher = Batcher(self.statistics)
        Bench.made.append(self)
        self.admission = Admission(queue_limit, self.statistics)
        self.classifier = Classifier(self.models, self.batcher, self.admission, self.statistics)

    async def load(self, version=7):
        await self.models.load(lambda: fake_serving(self.engine, version))
        return self.classifier

    async def hold(self, texts):
        """A request that is inside the engine, which `engine.open.set()` lets go on."""
        self.engine.open.clear()
        self.engine.started.clear()
        request = asyncio.ensure_future(self.classifier.classify(texts))
        await asyncio.to_thread(self.engine.started.wait, 10)
        return request


@pytest.fixture(autouse=True)
def _threads_end():
    yield
    while Bench.made:
        Bench.made.pop().batcher.stop()


def test_each_text_has_its_row_and_its_counts_in_order():
    async def main():
        classifier = await Bench().load()
        return await classifier.classify(["one", "three unknown", "nothing known"])

    answer = asyncio.run(main())
    assert answer.probabilities.tolist() == [[0.5, 0.5], [0.25, 0.75], [1, 0]]
    assert [(count.total, count.known) for count in answer.counts] == [(1, 1), (2, 1), (2, 0)]


def test_many_callers_share_one_inference_thread():
    bench = Bench()

    async def main():
        classifier = await bench.load()
        await asyncio.gather(*(classifier.classify(["one"]) for _ in range(20)))

    asyncio.run(main())
    assert bench.engine.threads == {"inference"}


def test_a_long_list_is_cut_and_another_caller_gets_in_between():
    bench = Bench()

    async def main():
        classifier = await bench.load()
        long = await bench.hold(["one"] * (2 * MOST_ROWS + 1))
        short = asyncio.ensure_future(classifier.classify(["two"]))
        await asyncio.sleep(0)
        bench.engine.open.set()
        answer = await long
        await short
        return answer

    answer = asyncio.run(main())
    assert bench.engine.batches == [MOST_ROWS, 1, MOST_ROWS, 1]
    assert answer.probabilities.shape == (2 * MOST_ROWS + 1, 2)
    assert len(answer.counts) == 2 * MOST_ROWS + 1


def test_long_texts_are_cut_into_parts_by_their_characters():
    bench = Bench()

    async def main():
        classifier = await bench.load()
        half = "x" * (MOST_CHARACTERS // 2)
        await classifier.classify([half, half, "one", "x" * (2 * MOST_CHARACTERS), "one"])

    asyncio.run(main())
    assert bench.engine.batches == [2, 1, 1, 1]


def test_texts_beyond_the_queue_are_refused_and_those_within_are_answered():
    bench = Bench(queue_limit=3)

    async def main():
        classifier = await bench.load()
        waiting = await bench.hold(["one", "two"])
        with pytest.raises(QueueFullError, match=r"2 texts are waiting and the limit is 3 \(TERCET_QUEUE_LIMIT\)"):
            await classifier.classify(["one", "two"])
        fits = asyncio.ensure_future(classifier.classify(["three"]))
        await asyncio.sleep(0)
        assert bench.admission.taken == 3
        bench.engine.open.set()
        await asyncio.gather(waiting, fits)
        assert bench.admission.taken == 0
        await classifier.classify(["one", "two", "three"])

    asyncio.run(main())


def test_a_cancelled_caller_gives_its_place_back_and_leaves_the_others_alone():
    bench = Bench(queue_limit=4)

    async def main():
        classifier = await bench.load()
        first = await bench.hold(["one"])
        second, third = (asyncio.ensure_future(classifier.classify([text])) for text in ("two", "three"))
        await asyncio.sleep(0)
        second.cancel()
        await asyncio.sleep(0)
        assert bench.admission.taken == 2
        bench.engine.open.set()
        first_answer, third_answer = await asyncio.gather(first, third)
        assert first_answer.probabilities.tolist() == [[0.5, 0.5]]
        assert third_answer.probabilities.tolist() == [[0.25, 0.75]]

    asyncio.run(main())
    assert bench.engine.batches == [1, 1]


def test_an_engine_that_fails_gives_the_place_back():
    bench = Bench(queue_limit=1)

    async def main():
        classifier = await bench.load()
        bench.engine.error = RuntimeError("out of memory")
        with pytest.raises(RuntimeError, match="out of memory"):
            await classifier.classify(["one"])
        bench.engine.error = None
        await classifier.classify(["one"])

    asyncio.run(main())


def test_one_answer_is_of_one_version_even_where_another_takes_over_meanwhile():
    bench = Bench()

    async def main():
        classifier = await bench.load(version=7)
        long = await bench.hold(["one"] * (MOST_ROWS + 1))
        await bench.load(version=8)
        bench.engine.open.set()
        assert (await long).serving.version == 7
        assert (await classifier.classify(["one"])).serving.version == 8

    asyncio.run(main())


def test_without_a_model_texts_are_refused():
    with pytest.raises(NotReadyError, match="being loaded"):
        asyncio.run(Bench().classifier.classify(["one"]))


def test_a_list_longer_than_the_queue_takes_all_the_room_there_is():
    bench = Bench(queue_limit=3)

    async def main():
        classifier = await bench.load()
        long = await bench.hold(["one"] * 10)
        assert bench.admission.taken == 3
        with pytest.raises(QueueFullError):
            await classifier.classify(["one"])
        bench.engine.open.set()
        assert len((await long).probabilities) == 10
        assert bench.admission.taken == 0

    asyncio.run(main())


def test_who_waits_for_room_is_answered_once_there_is_some():
    bench = Bench(queue_limit=2)

    async def main():
        classifier = await bench.load()
        first = await bench.hold(["one", "two"])
        patient = [asyncio.ensure_future(classifier.classify([text], wait_for_room=True)) for text in ("two", "three")]
        await asyncio.sleep(0)
        assert bench.admission.taken == 2
        bench.engine.open.set()
        answers = await asyncio.gather(first, *patient)
        assert [answer.probabilities[-1, 0] for answer in answers] == [np.float32(1 / 3), np.float32(1 / 3), 0.25]

    asyncio.run(main())
    assert bench.admission.taken == 0


def test_how_each_request_ended_is_counted_by_requests_and_by_texts():
    bench = Bench(queue_limit=6)

    async def main():
        classifier = await bench.load()
        bench.engine.error, bench.engine.poison = ValueError("poison"), 3
        answered = await bench.hold(["one", "two"])
        leaving = asyncio.ensure_future(classifier.classify(["one"]))
        failing = asyncio.ensure_future(classifier.classify(["one", "two", "three"]))
        waiting = asyncio.ensure_future(classifier.classify(["one"], wait_for_room=True))
        await asyncio.sleep(0)
        assert bench.statistics.totals()["texts"]["waiting"] == 6
        with pytest.raises(QueueFullError):
            await classifier.classify(["one"])
        leaving.cancel()
        waiting.cancel()
        bench.engine.open.set()
        await asyncio.wait([answered, leaving, failing, waiting])

    asyncio.run(main())
    totals = bench.statistics.totals()
    ends = {"accepted": 3, "answered": 1, "failed": 1, "cancelled": 1, "waiting": 0}
    assert totals["requests"] == ends | {"refused": 1}
    assert totals["texts"] == {"accepted": 6, "answered": 2, "failed": 3, "cancelled": 1, "waiting": 0}
    assert bench.admission.taken == 0


def test_a_request_without_a_model_takes_no_room_and_is_not_counted():
    bench = Bench(queue_limit=1)
    for _ in range(3):
        with pytest.raises(NotReadyError):
            asyncio.run(bench.classifier.classify(["one"]))
    assert bench.admission.taken == 0
    assert bench.statistics.totals()["requests"]["accepted"] == 0


def test_each_part_of_a_request_says_when_it_went_through_which_stage():
    bench = Bench()

    async def main():
        classifier = await bench.load()
        began = time.perf_counter()
        held = await bench.hold(["one"])
        behind = [asyncio.ensure_future(classifier.classify(texts)) for texts in (["two"] * 2, ["one"] * 3)]
        await asyncio.sleep(0.01)
        bench.engine.open.set()
        answers = [await held, *[await answer for answer in behind]]
        long = await classifier.classify(["one"] * (MOST_ROWS + 1))
        return began, answers, long, time.perf_counter()

    began, answers, long, ended = asyncio.run(main())
    assert [[(part.texts, part.batch) for part in answer.stages] for answer in answers] == [
        [(1, 1)],
        [(2, 5)],
        [(3, 5)],
    ]
    for part in (part for answer in [*answers, long] for part in answer.stages):
        moments = [began, part.tokenize_began, part.queue_began, part.compute_began, part.compute_ended, ended]
        assert moments == sorted(moments)
    (waited,) = answers[1].stages
    assert waited.compute_began - waited.queue_began >= 0.009
    assert [part.texts for part in long.stages] == [MOST_ROWS, 1]
