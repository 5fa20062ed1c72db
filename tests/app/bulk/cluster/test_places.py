import pytest

from app.bulk.cluster.places import Place
from app.bulk.errors import InputError, OutputError


@pytest.fixture(params=["path", "url"])
def root(request, tmp_path):
    return Place(str(tmp_path) if request.param == "path" else f"file://{tmp_path}")


def test_what_is_written_is_read(root):
    place = root / "a.csv"
    assert not place.exists()
    place.write(b"id,text\n")
    assert place.exists()
    assert place.read() == b"id,text\n"
    assert place.size() == 8
    with place.on_disk() as path:
        assert path.read_bytes() == b"id,text\n"


def test_the_files_of_a_folder_come_in_order_without_what_is_hidden(root):
    (root / "sub").make_folder()
    for name in ("b.csv", "a.csv", ".hidden.csv", "_SUCCESS.json", "sub/c.csv"):
        (root / name).write(b"")
    assert root.is_folder()
    assert [each.name for each in root.files()] == ["a.csv", "b.csv", "c.csv"]
    assert [each.name for each in (root / "?.csv").files()] == ["a.csv", "b.csv"]
    assert [each.exists() for each in root.files()] == [True] * 3


def test_a_file_is_taken_whole(root, tmp_path):
    made = tmp_path / "made"
    made.write_bytes(b"whole")
    (root / "part").take(made)
    assert (root / "part").read() == b"whole"


def test_what_was_changed_has_another_identity(root):
    place = root / "a.csv"
    place.write(b"one")
    before = place.identity()
    assert place.identity() == before
    place.write(b"three")
    assert place.identity() != before


def test_removing_twice_is_removing_once(root):
    place = root / "folder"
    place.make_folder()
    (place / "a").write(b"1")
    place.remove()
    place.remove()
    assert not place.exists()


def test_a_name_beside(root):
    assert (root / "a.csv").beside("b").url == (root / "b").url


def test_what_cannot_be_read_or_written_is_said_with_its_name(tmp_path):
    with pytest.raises(InputError, match="gone.csv cannot be read: No such file"):
        Place(str(tmp_path / "gone.csv")).read()
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(OutputError, match="Cannot write .*file/part"):
        Place(str(tmp_path / "file" / "part")).write(b"")


def test_a_kind_of_storage_that_is_not_known_is_said():
    with pytest.raises(InputError, match="nosuch://a cannot be opened"):
        Place("nosuch://a").exists()
