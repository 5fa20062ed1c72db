import asyncio
import importlib.util
import shutil

import pytest

from app.cluster import mirror as module
from app.cluster.mirror import Mirror
from app.errors import StartError
from model.errors import BundleError, RegistryError
from model.registry import Registry


@pytest.fixture
def bucket(tmp_path, toy_models):
    """A registry of `toy` with the versions 1 and 2, of which 1 serves."""
    registry = Registry(tmp_path / "bucket")
    for _ in range(2):
        registry.add("toy", lambda aside: shutil.copytree(toy_models / "toy" / "1", aside, dirs_exist_ok=True))
    return registry


@pytest.fixture
def local(tmp_path):
    return Registry(tmp_path / "local")


@pytest.fixture
def mirror(bucket, local):
    return Mirror(f"file://{bucket.folder}", local.folder, keep_versions=1)


def test_the_version_that_serves_comes_whole(mirror, bucket, local):
    mirror.begin()
    assert (local.names(), local.versions("toy"), local.current("toy")) == (["toy"], [1], 1)
    there, here = bucket.path("toy", 1), local.path("toy", 1)
    assert {p.relative_to(here): p.read_bytes() for p in here.rglob("*") if p.is_file()} == {
        p.relative_to(there): p.read_bytes() for p in there.rglob("*") if p.is_file()
    }


def test_a_promotion_in_the_bucket_is_followed_and_old_versions_go(mirror, bucket, local):
    mirror.begin()
    bucket.promote("toy", 2)
    mirror.look()
    assert (local.current("toy"), local.previous("toy"), local.versions("toy")) == (2, 1, [1, 2])
    bucket.promote("toy", 1)
    mirror.look()
    assert local.current("toy") == 1


def test_a_version_whose_files_are_damaged_changes_nothing(mirror, bucket, local):
    mirror.begin()
    (bucket.path("toy", 2) / "saved_model.pb").write_bytes(b"broken")
    (bucket.home("toy") / "current").write_text("2\n")
    with pytest.raises(BundleError, match=r"saved_model\.pb"):
        mirror.look()
    assert (local.current("toy"), local.versions("toy")) == (1, [1])
    assert not list(local.home("toy").glob(".incoming-*"))


def test_a_version_of_which_a_part_is_in_the_bucket_is_not_seen(mirror, bucket, local):
    mirror.begin()
    (bucket.path("toy", 2) / "saved_model.pb").unlink()
    (bucket.home("toy") / "current").write_text("2\n")
    with pytest.raises(BundleError, match=r"saved_model\.pb"):
        mirror.look()
    assert local.versions("toy") == [1]


def test_a_version_that_another_replica_has_copied_is_taken_as_it_is(mirror, bucket, local):
    Mirror(f"file://{bucket.folder}", local.folder, keep_versions=1).begin()
    mirror.begin()
    assert local.current("toy") == 1


def test_a_damaged_pointer_in_the_bucket_is_named(mirror, bucket):
    (bucket.home("toy") / "current").write_text("latest")
    with pytest.raises(RegistryError, match=r"current holds b'latest'"):
        mirror.look()


def test_without_a_model_anywhere_the_start_says_where_it_looked(tmp_path):
    (tmp_path / "empty").mkdir()
    url = f"file://{tmp_path / 'empty'}"
    with pytest.raises(StartError, match=rf"came from {url} \(TERCET_MODELS_URL\): .* has no folder of a model"):
        Mirror(url, tmp_path / "models", keep_versions=1).begin()


def test_where_the_bucket_is_away_what_is_here_serves(mirror, bucket, local, caplog):
    mirror.begin()
    shutil.rmtree(bucket.folder)
    mirror.begin()
    assert local.current("toy") == 1
    assert f"What was copied from file://{bucket.folder} goes on as it is" in caplog.text


def test_an_unknown_kind_of_address_is_refused(tmp_path):
    with pytest.raises(StartError, match=r"TERCET_MODELS_URL=nothing://here: Protocol not known"):
        Mirror("nothing://here", tmp_path, keep_versions=1)


def test_without_fsspec_it_says_what_to_install(tmp_path, monkeypatch):
    monkeypatch.setattr(importlib.util, "find_spec", lambda _: None)
    with pytest.raises(StartError, match=r"TERCET_MODELS_URL needs fsspec. Install the extra `ray`"):
        Mirror("file:///bucket", tmp_path, keep_versions=1)


def test_it_looks_again_and_says_once_what_hinders_it(mirror, bucket, local, monkeypatch, caplog):
    mirror.begin()
    monkeypatch.setattr(module, "EVERY_S", 0.01)
    pointer = bucket.home("toy") / "current"
    pointer.write_text("latest")

    async def follow():
        following = asyncio.create_task(mirror.follow_for_ever())
        await asyncio.sleep(0.2)
        pointer.write_text("2")
        await asyncio.sleep(0.5)
        following.cancel()

    asyncio.run(follow())
    assert local.current("toy") == 2
    assert caplog.text.count("current holds b'latest'") == 1
