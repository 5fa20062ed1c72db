import shutil
from pathlib import Path

from benchmarks import bundles
from benchmarks.bundles import install, newest_bundle
from model.registry import Registry


def test_the_newest_version_is_that_of_the_largest_number(tmp_path, monkeypatch):
    for name in ("1", "2", "10", "README.md"):
        (tmp_path / name).mkdir()
    monkeypatch.setattr(bundles, "REFERENCE_BUNDLE", tmp_path / "1")
    assert newest_bundle() == tmp_path / "10"


def test_a_bundle_serves_in_its_own_version_and_is_the_next_one_where_there_is_one(tmp_path):
    bundle = Path(shutil.copytree(bundles.REFERENCE_BUNDLE, tmp_path / "toy" / "2"))
    registry = Registry(tmp_path / "models")
    for expected in ([2], [2, 3]):
        install(bundle, registry.folder)
        assert registry.versions("toy") == expected
    assert registry.current("toy") == 2
