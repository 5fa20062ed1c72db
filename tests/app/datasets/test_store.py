import concurrent.futures

import pytest

from app.datasets.store import DatasetStore
from app.errors import ConflictError, NotFoundError, StorageError
from app.storage.tables import Job
from tests.app.datasets.uploads import CSV, facts, upload_of


@pytest.fixture
def store(database, tmp_path):
    return DatasetStore(database, tmp_path / "datasets")


@pytest.fixture
def add(store, tmp_path):
    def add(name="a", content=CSV, **checked):
        return store.add(name, upload_of(tmp_path / "datasets", content), facts(**checked))

    return add


def files(tmp_path):
    return sorted(str(path.relative_to(tmp_path / "datasets")) for path in (tmp_path / "datasets").rglob("*.*"))


def test_an_upload_becomes_a_row_and_a_file(store, add, tmp_path):
    version, created = add()
    assert created
    assert (version.name, version.size_bytes, version.text_column, version.label_column) == (
        "a",
        len(CSV),
        "text",
        "label",
    )
    assert version.file == f"a/{version.digest}.csv"
    assert store.path(version).read_bytes() == CSV
    assert files(tmp_path) == [version.file]
    assert store.latest("a").facts == facts()


def test_the_same_content_and_columns_are_the_same_version(store, add):
    first, _ = add()
    again, created = add()
    assert (again.digest, again.id, created) == (first.digest, first.id, False)
    assert again.uploaded_at > first.uploaded_at
    assert len(store.versions("a")) == 1


def test_another_content_another_column_and_another_name_are_others(store, add):
    digests = {add()[0].digest, add(content=CSV + b"more,calm\n")[0].digest, add(label_column="other")[0].digest}
    assert len(digests) == 3
    assert len(store.versions("a")) == 3
    assert add(name="b")[1]
    assert [(latest.version.name, latest.versions) for latest in store.all()] == [("a", 3), ("b", 1)]


def test_what_came_last_is_the_data_set_also_where_it_was_there_before(store, add):
    first, _ = add()
    second, _ = add(content=CSV + b"more,calm\n")
    assert [version.digest for version in store.versions("a")] == [second.digest, first.digest]
    add()
    assert [version.digest for version in store.versions("a")] == [first.digest, second.digest]
    assert store.latest("a").digest == first.digest
    assert store.all()[0].version.digest == first.digest


def test_a_file_that_was_lost_comes_back_with_the_same_upload(store, add):
    version, _ = add()
    store.path(version).unlink()
    assert not add()[1]
    assert store.path(version).read_bytes() == CSV


def test_what_is_not_there_is_not_found(store):
    assert store.all() == []
    for ask in (store.latest, store.versions, store.delete):
        with pytest.raises(NotFoundError, match="'a'"):
            ask("a")


def test_deleting_removes_all_versions_with_their_files(store, add, tmp_path):
    add()
    add(content=CSV + b"more,calm\n")
    kept, _ = add(name="b")
    store.delete("a")
    assert files(tmp_path) == [kept.file]
    assert not (tmp_path / "datasets" / "a").exists()
    with pytest.raises(NotFoundError):
        store.latest("a")
    assert store.latest("b").digest == kept.digest


def test_a_data_set_whose_file_is_gone_can_be_deleted(store, add):
    store.path(add()[0]).unlink()
    store.delete("a")
    assert store.all() == []


@pytest.mark.parametrize("state", ["queued", "running"])
def test_what_a_job_needs_stays_until_it_is_over(store, add, database, state):
    version, _ = add()
    add(content=CSV + b"more,calm\n")
    add(name="b")
    request = {"dataset": {"name": "a", "digest": version.digest}}
    with database.write() as session:
        session.add(Job(id="j1", state=state, request=request))
    with pytest.raises(ConflictError, match="Job j1"):
        store.delete("a")
    assert store.path(version).exists()
    assert len(store.versions("a")) == 2
    store.delete("b")
    with database.write() as session:
        session.get_one(Job, "j1").state = "failed"
    store.delete("a")


def test_a_move_that_fails_leaves_no_row(store, add, tmp_path):
    (tmp_path / "datasets").mkdir()
    (tmp_path / "datasets" / "a").write_text("in the way")
    with pytest.raises(StorageError, match="cannot be kept"):
        add()
    assert store.all() == []


def test_many_uploads_of_one_name_at_once_are_all_kept(store, add, tmp_path):
    contents = [CSV + b"row %d,calm\n" % (number % 5) for number in range(20)]

    def upload(number):
        folder = tmp_path / "datasets" / f"of-{number}"
        return store.add("a", upload_of(folder, contents[number]), facts())

    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        results = list(pool.map(upload, range(20)))
    assert sum(created for _, created in results) == 5
    assert {store.path(version).read_bytes() for version in store.versions("a")} == set(contents)


def test_nothing_is_written_to_where_a_link_leads(store, tmp_path):
    (tmp_path / "elsewhere").mkdir()
    folder = tmp_path / "datasets"
    folder.mkdir(exist_ok=True)
    (folder / "a").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(StorageError, match="is a link to elsewhere"):
        store.add("a", upload_of(folder), facts())
    assert [*(tmp_path / "elsewhere").iterdir()] == []
