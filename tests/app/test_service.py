import asyncio
import threading

from app.service import Service
from tests.app.fakes import FakeEngine, fake_serving, settings


class SlowCompilation(FakeEngine):
    def __init__(self):
        super().__init__()
        self.compiling, self.compiled = threading.Event(), threading.Event()

    def compile(self):
        self.compiling.set()
        assert self.compiled.wait(10)
        super().compile()


def test_a_model_serves_before_it_is_compiled_and_while_it_is():
    engine = SlowCompilation()
    told: list[str] = []

    async def main():
        service = Service(settings(), lambda *_: fake_serving(engine))
        service.on_ready = lambda: told.append("ready")
        service.start()
        assert await asyncio.to_thread(engine.compiling.wait, 10)
        assert told == ["ready"]
        assert service.ready().version == 7
        assert service.busy()
        answer = await service.classifier.classify(["one"])
        assert answer.probabilities.tolist() == [[0.5, 0.5]]
        engine.compiled.set()
        await service.loaded()
        assert not service.busy()
        service.stop()

    asyncio.run(main())
    assert engine.compilations == 1
    assert told == ["ready"]


def test_a_service_may_end_while_its_model_is_compiled():
    engine = SlowCompilation()

    async def main():
        service = Service(settings(), lambda *_: fake_serving(engine))
        service.start()
        assert await asyncio.to_thread(engine.compiling.wait, 10)
        service.stop()
        assert service.busy()
        assert service.live()

    asyncio.run(main())
    engine.compiled.set()


def test_what_is_not_to_be_compiled_is_not():
    engine = FakeEngine()

    async def main():
        service = Service(settings(compile=False), lambda *_: fake_serving(engine))
        service.start()
        await service.loaded()
        assert service.ready().version == 7
        service.stop()

    asyncio.run(main())
    assert engine.compilations == 0
