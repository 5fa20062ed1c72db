import asyncio
import contextlib
import errno
import gc
import logging
import shutil
import sys
import threading
import time
import weakref

import pytest

from app import heap, hot_swap
from app.errors import ConflictError, NotFoundError, NotReadyError, StorageError
from app.service import Service
from model import durable
from model.errors import BundleError
from model.registry import Registry
from tests.app.fakes import FakeEngine, FakeLoad, SteppedEngine, settings, until

DAMAGED = BundleError("models/fake/2: saved_model.pb is missing.")


@pytest.fixture(autouse=True)
def _only_when_asked(monkeypatch):
    monkeypatch.setattr(hot_swap, "POLL_EVERY_S", 3600)


@pytest.fixture
def registry(tmp_path, toy_models):
    """A registry with three versions of `fake`, of which 1 is current."""
    registry = Registry(tmp_path / "models")
    for _ in range(3):
        add(registry, toy_models)
    return registry


@pytest.fixture
def load():
    return FakeLoad()


def add(registry, toy_models, name="fake"):
    return registry.add(name, lambda folder: shutil.copytree(toy_models / "toy" / "1", folder, dirs_exist_ok=True))


def run(main, registry, load, **values):
    """`main(service)` while a service runs on the registry."""

    async def whole():
        async with serving(registry, load, **values) as service:
            return await main(service)

    return asyncio.run(whole())


@contextlib.asynccontextmanager
async def serving(registry, load, **values):
    service = Service(settings(data=registry.folder.parent, **values), load)
    service.start()
    await service.loaded()
    try:
        yield service
    finally:
        service.stop()


def swaps(service):
    return service.statistics.totals()["models"]


def test_a_version_that_was_promoted_elsewhere_takes_over_compiled(registry, load):
    async def main(service):
        await service.swap.follow()
        assert service.models.serving().version == 1
        registry.promote("fake", 2)
        await service.swap.follow()
        assert service.models.serving().version == 2
        assert load.engines[2].compilations == 1
        assert load.engines[2].threads == {"loader"}
        registry.promote("fake", 1)
        await service.swap.follow()
        assert service.models.serving().version == 1
        assert load.loaded == [1, 2, 1]
        assert swaps(service) == {"swaps": 2, "failed_swaps": 0}

    run(main, registry, load)


def test_a_version_takes_over_uncompiled_where_the_settings_say_so(registry, load):
    async def main(service):
        registry.promote("fake", 2)
        await service.swap.follow()
        assert service.models.serving().version == 2
        assert load.engines[2].compilations == 0

    run(main, registry, load, compile=False)


def test_a_promotion_elsewhere_is_noticed_by_itself(registry, load, monkeypatch):
    monkeypatch.setattr(hot_swap, "POLL_EVERY_S", 0.01)

    async def main(service):
        registry.promote("fake", 2)
        await until(lambda: service.ready().version == 2)

    run(main, registry, load)


def test_a_list_in_flight_is_answered_by_the_version_it_began_with(registry, load):
    load.engines[1] = SteppedEngine()

    async def main(service):
        answer = asyncio.create_task(service.classifier.classify(["one"] * 300))
        await load.engines[1].entered()
        await service.swap.promote(2)
        load.engines[1].go_on(3)
        first = await answer
        second = await service.classifier.classify(["one"])
        assert (first.serving.version, len(first.probabilities)) == (1, 300)
        assert sum(load.engines[1].batches) == 300
        assert (second.serving.version, load.engines[2].batches) == (2, [1])

    run(main, registry, load)


def test_while_a_version_loads_the_one_before_answers(registry, load):
    async def main(service):
        load.open.clear()
        promotion = asyncio.create_task(service.swap.promote(2))
        await until(lambda: load.loaded == [1, 2])
        answer = await service.classifier.classify(["one"])
        assert answer.serving.version == 1
        assert service.busy()
        load.open.set()
        assert (await promotion).version == 2

    run(main, registry, load)


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (DAMAGED, "saved_model.pb is missing"),
        (OSError(errno.EIO, "I/O error"), "I/O error"),
        (KeyError("x"), "KeyError"),
    ],
)
def test_a_broken_version_changes_nothing_and_is_said_once(registry, load, caplog, error, said):
    load.broken[2] = error

    async def main(service):
        registry.promote("fake", 2)
        for _ in range(3):
            await service.swap.follow()
        assert service.ready().version == 1
        assert service.swap.failed.version == 2
        assert said in service.swap.failed.reason
        assert load.loaded == [1, 2]
        assert swaps(service) == {"swaps": 0, "failed_swaps": 1}
        (record,) = [each for each in caplog.records if "should serve and cannot" in each.message]
        assert "fake 2" in record.message

    run(main, registry, load)


def test_a_broken_version_is_tried_again_ever_more_rarely(registry, load, monkeypatch, caplog):
    load.broken[2] = DAMAGED
    now = [1000.0]
    monkeypatch.setattr(time, "monotonic", lambda: now[0])
    tries: list[float] = []

    async def main(service):
        registry.promote("fake", 2)
        while now[0] < 4000:
            before = len(load.loaded)
            await service.swap.follow()
            if len(load.loaded) > before:
                tries.append(now[0] - 1000)
            now[0] += 10
        load.broken.clear()
        now[0] += 600
        await service.swap.follow()
        assert service.ready().version == 2
        assert service.swap.failed is None

    run(main, registry, load)
    assert tries == [0, 30, 90, 210, 450, 930, 1530, 2130, 2730]
    assert len([each for each in caplog.records if "should serve and cannot" in each.message]) == 1


def test_a_broken_version_is_tried_again_when_the_pointer_is_written_again(registry, load):
    load.broken[2] = DAMAGED

    async def main(service):
        registry.promote("fake", 2)
        await service.swap.follow()
        load.broken.clear()
        await service.swap.follow()
        assert service.ready().version == 1
        registry.promote("fake", 2)
        await service.swap.follow()
        assert service.ready().version == 2

    run(main, registry, load)


def test_a_rollback_ends_the_failure(registry, load):
    load.broken[2] = DAMAGED

    async def main(service):
        registry.promote("fake", 2)
        await service.swap.follow()
        registry.promote("fake", 1)
        await service.swap.follow()
        assert service.swap.failed is None
        assert load.loaded == [1, 2]

    run(main, registry, load)


def remove_pointer(registry):
    (registry.folder / "fake" / "current").unlink()


def damage_pointer(registry):
    (registry.folder / "fake" / "current").write_bytes(b"\xff\0")


def remove_all(registry):
    shutil.rmtree(registry.folder.parent)


def pointer_to_a_folder(registry):
    remove_pointer(registry)
    (registry.folder / "fake" / "current").mkdir()


@pytest.mark.parametrize("disturb", [remove_pointer, damage_pointer, remove_all, pointer_to_a_folder])
def test_what_serves_goes_on_without_a_pointer_that_can_be_read(registry, load, caplog, disturb):
    async def main(service):
        registry.promote("fake", 2)
        await service.swap.follow()
        disturb(registry)
        for _ in range(3):
            await service.swap.follow()
        assert service.ready().version == 2
        assert load.loaded == [1, 2]
        assert len([each for each in caplog.records if each.levelno >= logging.WARNING]) <= 1

    run(main, registry, load)


def test_a_pointer_to_a_version_that_is_not_there_is_a_failure(registry, load):
    async def main(service):
        durable.write_text(registry.folder / "fake" / "current", "9\n")
        await service.swap.follow()
        assert service.ready().version == 1
        assert "has no version 9" in service.swap.failed.reason

    run(main, registry, load)


def test_a_disk_that_hangs_holds_up_no_request(registry, load, monkeypatch):
    hanging, gate = threading.Event(), threading.Event()

    async def main(service):
        def hang(*_):
            hanging.set()
            gate.wait(10)

        monkeypatch.setattr(service.swap._watch, "_look", hang)
        follow = asyncio.create_task(service.swap.follow())
        assert await asyncio.to_thread(hanging.wait, 10)
        assert (await service.classifier.classify(["one"])).serving.version == 1
        assert service.live()
        gate.set()
        await follow

    run(main, registry, load)


def test_a_defect_does_not_end_the_following(registry, load, monkeypatch, caplog):
    monkeypatch.setattr(hot_swap, "POLL_EVERY_S", 0.01)
    monkeypatch.setattr(hot_swap, "FIRST_RETRY_S", 0.01)
    looks: list[int] = []

    async def main(service):
        real = service.swap._watch._look

        def sometimes(name):
            looks.append(len(looks))
            if len(looks) == 1:
                raise ZeroDivisionError
            return real(name)

        monkeypatch.setattr(service.swap._watch, "_look", sometimes)
        registry.promote("fake", 2)
        await until(lambda: service.ready().version == 2)

    run(main, registry, load)
    assert "Following the registry failed" in caplog.text


def test_without_a_model_at_the_start_the_first_that_appears_is_served(tmp_path, toy_models, load):
    registry = Registry(tmp_path / "models")
    told: list[str] = []

    async def main(service):
        service.on_ready = lambda: told.append("ready")
        await service.swap.follow()
        with pytest.raises(NotReadyError):
            service.ready()
        add(registry, toy_models)
        await service.swap.follow()
        assert service.ready().version == 1
        assert told == ["ready"]
        assert swaps(service)["swaps"] == 0

    run(main, registry, lambda given, version=None: load(given, version), stay_up_without_model=True)


def test_a_first_model_that_is_broken_is_said_where_requests_are_refused(registry, load):
    load.broken[1] = DAMAGED

    async def main(service):
        await service.swap.follow()
        with pytest.raises(NotReadyError, match="saved_model.pb is missing"):
            service.ready()
        del load.broken[1]
        registry.promote("fake", 1)
        await service.swap.follow()
        assert service.ready().version == 1

    run(main, registry, load, stay_up_without_model=True)


def test_another_model_does_not_take_the_place_of_the_one_that_serves(registry, load, toy_models):
    async def main(service):
        add(registry, toy_models, "spooky-authors")
        await service.swap.follow()
        assert load.loaded == [1]

    run(main, registry, load)


def test_promoting_writes_the_pointer_once_the_version_is_ready(registry, load):
    async def main(service):
        load.open.clear()
        promotion = asyncio.create_task(service.swap.promote(2))
        await until(lambda: load.loaded == [1, 2])
        assert registry.current("fake") == 1
        load.open.set()
        assert (await promotion).version == service.ready().version == registry.current("fake") == 2
        assert load.engines[2].compilations == 1
        await service.swap.follow()
        assert load.loaded == [1, 2]
        assert swaps(service) == {"swaps": 1, "failed_swaps": 0}

    run(main, registry, load)


def test_promoting_what_cannot_be_loaded_changes_nothing(registry, load):
    load.broken[2] = DAMAGED

    async def main(service):
        with pytest.raises(ConflictError, match="saved_model.pb is missing"):
            await service.swap.promote(2)
        assert (service.ready().version, registry.current("fake")) == (1, 1)
        assert service.swap.failed is None
        assert swaps(service) == {"swaps": 0, "failed_swaps": 1}

    run(main, registry, load)


def test_promoting_what_is_not_there_is_said_so(registry, load):
    async def main(service):
        with pytest.raises(NotFoundError, match="has no version 9; there are: 1, 2, 3"):
            await service.swap.promote(9)

    run(main, registry, load)


def test_promoting_what_serves_changes_nothing(registry, load):
    async def main(service):
        written = (registry.folder / "fake" / "current").stat()
        assert (await service.swap.promote(1)).version == 1
        assert (registry.folder / "fake" / "current").stat().st_ino == written.st_ino
        assert load.loaded == [1]

    run(main, registry, load)


@pytest.mark.parametrize("pointer", ["2\n", "x"])
def test_promoting_what_serves_makes_it_current_where_it_is_not(registry, load, pointer):
    load.broken[2] = DAMAGED

    async def main(service):
        durable.write_text(registry.folder / "fake" / "current", pointer)
        await service.swap.follow()
        assert (await service.swap.promote(1)).version == 1
        assert registry.current("fake") == 1
        assert service.swap.failed is None

    run(main, registry, load)


def test_where_the_pointer_cannot_be_written_nothing_changes(registry, load, monkeypatch):
    def full(path, _text):
        raise OSError(errno.ENOSPC, "No space left on device", str(path))

    async def main(service):
        monkeypatch.setattr(durable, "write_text", full)
        with pytest.raises(StorageError, match="No space left on device"):
            await service.swap.promote(2)
        assert (service.ready().version, registry.current("fake")) == (1, 1)

    run(main, registry, load)


def test_of_two_promotions_at_once_one_follows_the_other(registry, load):
    async def main(service):
        first, second = await asyncio.gather(service.swap.promote(2), service.swap.promote(3))
        assert (first.version, second.version) == (2, 3)
        assert (service.ready().version, registry.current("fake"), registry.previous("fake")) == (3, 3, 2)

    run(main, registry, load)


def test_a_version_that_does_not_serve_can_be_removed(registry, load):
    async def main(service):
        await service.swap.remove(3)
        assert registry.versions("fake") == [1, 2]
        with pytest.raises(NotFoundError, match="has no version 3"):
            await service.swap.remove(3)

    run(main, registry, load)


def test_neither_what_serves_nor_what_should_serve_is_removed(registry, load):
    load.broken[2] = DAMAGED

    async def main(service):
        registry.promote("fake", 2)
        await service.swap.follow()
        for version in (1, 2):
            with pytest.raises(ConflictError, match="serves"):
                await service.swap.remove(version)
        assert registry.versions("fake") == [1, 2, 3]

    run(main, registry, load)


def test_a_version_that_cannot_be_compiled_serves_uncompiled(registry, load, caplog):
    class Uncompilable(FakeEngine):
        def compile(self):
            raise ValueError("no compiler")

    load.engines[2] = Uncompilable()

    async def main(service):
        await service.swap.promote(2)
        assert service.ready().version == 2

    run(main, registry, load)
    assert "goes on uncompiled" in caplog.text


def test_turns_are_short_while_a_version_loads_and_as_before_after_that(registry, load, monkeypatch):
    seen: list[float] = []
    before = sys.getswitchinterval()
    monkeypatch.setattr(FakeEngine, "compile", lambda _self: seen.append(sys.getswitchinterval()))

    async def main(service):
        seen.clear()
        await service.swap.promote(2)

    run(main, registry, load)
    assert seen == [pytest.approx(0.0005)]
    assert sys.getswitchinterval() == before


def test_a_version_that_was_replaced_is_gone_once_nothing_asks_it_without_a_collection(registry, load):
    gone: list[int] = []

    async def main(service):
        for version in (2, 3, 2, 1):
            weakref.finalize(service.models.serving().engine, gone.append, service.models.serving().version)
            await service.classifier.classify(["one"] * 200)
            load.engines.clear()
            await service.swap.promote(version)
            await service.classifier.classify(["one"])
        await until(lambda: gone == [1, 2, 3, 2])

    gc.disable()
    try:
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(heap, "tidy", lambda: None)
            run(main, registry, load)
    finally:
        gc.enable()


def test_a_promotion_during_the_first_load_waits_for_its_end(registry, load):
    async def main():
        load.open.clear()
        service = Service(settings(data=registry.folder.parent), load)
        service.start()
        await until(lambda: load.loaded == [1])
        promotion = asyncio.create_task(service.swap.promote(2))
        await asyncio.sleep(0.05)
        assert load.loaded == [1]
        load.open.set()
        assert (await promotion).version == 2
        assert load.engines[1].compilations == 1
        service.stop()

    asyncio.run(main())
