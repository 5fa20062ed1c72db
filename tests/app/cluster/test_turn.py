import threading

from app.cluster.turn import loads_in_turn
from model.locking import exclusive
from tests.app.fakes import fake_serving, settings


def test_a_version_is_loaded_once_no_other_replica_loads(tmp_path):
    loaded = threading.Event()

    def load(given, version=None):
        loaded.set()
        return fake_serving(version=version)

    given = settings(data=tmp_path)
    (tmp_path / "swapping").mkdir()
    with exclusive(tmp_path / "swapping"):
        thread = threading.Thread(target=loads_in_turn(load), args=(given, 3))
        thread.start()
        assert not loaded.wait(0.1)
    thread.join(10)
    assert loaded.is_set()


def test_the_first_load_waits_for_nobody(tmp_path):
    with exclusive(tmp_path):
        found = loads_in_turn(lambda given, version=None: fake_serving(version=version or 1))(settings(data=tmp_path))
    assert found.version == 1
