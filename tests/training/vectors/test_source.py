import gzip
import zipfile
from pathlib import Path

import pytest

from training.errors import VectorsError
from training.vectors.source import VectorSource, find_source, open_lines


def make_zip(path: Path, members: dict[str, bytes]) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return path


def lines_of(choice: str | Path, dimension: int = 2) -> list[bytes]:
    with open_lines(find_source(str(choice), dimension)) as stream:
        return list(stream.lines)


@pytest.fixture
def archive(tmp_path, glove_text):
    """Laid out as glove.6B.zip is: a member a dimension."""
    members = {f"glove.6B.{d}d.txt": b"the" + b" 1" * d + b"\n" for d in (50, 100, 200, 300)}
    return make_zip(tmp_path / "glove.6B.zip", members)


@pytest.mark.parametrize("name", ["glove.txt", "wiki.vec", "vectors"])
def test_a_plain_file_of_any_name_gives_its_lines(tmp_path, glove_text, name):
    (tmp_path / name).write_bytes(glove_text)
    assert lines_of(tmp_path / name) == glove_text.splitlines(keepends=True)


@pytest.mark.parametrize("name", ["glove.txt.gz", "unnamed"])
def test_gzip_is_recognized_by_its_content(tmp_path, glove_text, name):
    (tmp_path / name).write_bytes(gzip.compress(glove_text))
    assert lines_of(tmp_path / name) == glove_text.splitlines(keepends=True)


@pytest.mark.parametrize("dimension", [50, 100, 200, 300])
def test_of_four_members_the_one_that_names_the_dimension_is_read(archive, dimension):
    assert find_source(str(archive), dimension) == VectorSource(archive, f"glove.6B.{dimension}d.txt")
    assert lines_of(archive, dimension) == [b"the" + b" 1" * dimension + b"\n"]


def test_a_member_behind_a_colon_is_read_whatever_the_dimension(archive):
    assert lines_of(f"{archive}:glove.6B.50d.txt", 100) == [b"the" + b" 1" * 50 + b"\n"]


def test_the_only_text_member_is_read_past_readme_files_and_clutter(tmp_path, glove_text):
    members = {"__MACOSX/._words.txt": b"x", "LICENSE.md": b"free", "sub/": b"", "sub/words.vec": glove_text}
    path = make_zip(tmp_path / "mine.zip", members)
    assert lines_of(path) == glove_text.splitlines(keepends=True)


@pytest.mark.parametrize("choice", ["{}", "{}:glove.6B.25d.txt"])
def test_where_no_member_fits_the_members_are_listed(archive, choice):
    with pytest.raises(VectorsError) as caught:
        find_source(choice.format(archive), 25)
    for dimension in (50, 100, 200, 300):
        assert f"glove.6B.{dimension}d.txt" in str(caught.value)
    assert f"--vectors {archive}:glove.6B.50d.txt" in str(caught.value)


def test_a_zip_without_files_says_so(tmp_path):
    with pytest.raises(VectorsError, match="holds no file"):
        find_source(str(make_zip(tmp_path / "empty.zip", {})), 100)


def test_an_encrypted_member_is_refused_with_the_remedy(tmp_path, glove_text):
    path = make_zip(tmp_path / "secret.zip", {"words.txt": glove_text})
    data = bytearray(path.read_bytes())
    data[data.index(b"PK\x01\x02") + 8] |= 1  # general purpose flag of the central directory: encrypted
    path.write_bytes(data)
    with pytest.raises(VectorsError, match=r"encrypted.*unzip secret\.zip"):
        find_source(str(path), 2)


def test_an_existing_file_is_taken_by_its_name_even_where_that_looks_like_a_member(tmp_path, glove_text):
    path = tmp_path / "odd.zip:name.txt"
    path.write_bytes(glove_text)
    assert find_source(str(path), 2) == VectorSource(path)


@pytest.mark.parametrize(
    ("name", "content", "complaint"),
    [
        ("empty.txt", b"", "is empty"),
        ("page.txt.gz", b"<html>not found</html>", r"ends in \.gz"),
        ("page.zip", b"<html>not found</html>", r"ends in \.zip"),
        ("cut.zip", b"PK\x03\x04 and then nothing", "zip file"),
    ],
)
def test_what_cannot_be_vectors_is_refused_with_a_remedy(tmp_path, name, content, complaint):
    (tmp_path / name).write_bytes(content)
    with pytest.raises(VectorsError, match=rf"{name}.*{complaint}.*fetch-vectors"):
        find_source(str(tmp_path / name), 2)


def test_a_missing_file_and_a_folder_are_refused_with_a_remedy(tmp_path):
    with pytest.raises(VectorsError, match=r"no such vector file.*--vectors"):
        find_source(str(tmp_path / "absent.txt"), 2)
    with pytest.raises(VectorsError, match=r"is a folder.*--vectors"):
        find_source(str(tmp_path), 2)


def test_a_truncated_gzip_is_reported_where_it_breaks(tmp_path):
    path = tmp_path / "cut.txt.gz"
    path.write_bytes(gzip.compress(b"the 1 2\n" * 5000)[:-20])
    with pytest.raises(VectorsError, match=r"cut\.txt\.gz.*damaged or cut short"):
        lines_of(path)


def test_a_flipped_byte_in_a_zip_member_is_reported(tmp_path):
    path = make_zip(tmp_path / "words.zip", {"words.txt": bytes(range(256)) * 50})
    data = bytearray(path.read_bytes())
    data[60] ^= 0xFF
    path.write_bytes(data)
    with pytest.raises(VectorsError, match=r"words\.zip:words\.txt.*damaged or cut short"):
        lines_of(path)


@pytest.mark.parametrize(("offset", "value"), [(6, 200), (8, 0x40), (46, 0xFF)])
def test_a_damaged_directory_of_a_zip_is_reported(tmp_path, offset, value):
    path = make_zip(tmp_path / "words.zip", {"wörter.txt": b"the 1 2\n"})
    data = bytearray(path.read_bytes())
    data[data.index(b"PK\x01\x02") + offset] = value  # version needed, flags, the name in UTF-8
    path.write_bytes(data)
    with pytest.raises(VectorsError, match=r"words\.zip"):
        lines_of(path)


def test_an_error_of_the_caller_is_not_called_damage(tmp_path, glove_text):
    (tmp_path / "glove.txt").write_bytes(glove_text)
    with pytest.raises(OSError, match="disk full"), open_lines(find_source(str(tmp_path / "glove.txt"), 2)):
        raise OSError("disk full")


@pytest.mark.parametrize("name", ["words.txt", "words.gz", "words.zip"])
def test_the_position_ends_at_the_size(tmp_path, glove_text, name):
    path = tmp_path / name
    if name.endswith(".zip"):
        make_zip(path, {"words.txt": glove_text})
    else:
        path.write_bytes(gzip.compress(glove_text) if name.endswith(".gz") else glove_text)
    with open_lines(find_source(str(path), 2)) as stream:
        assert list(stream.lines) == glove_text.splitlines(keepends=True)
        assert stream.position() == stream.size > 0


def test_the_identity_changes_with_content_time_and_member(archive):
    before = VectorSource(archive, "a").identity()
    assert VectorSource(archive, "b").identity() != before
    archive.write_bytes(archive.read_bytes() + b"x")
    assert VectorSource(archive, "a").identity() != before
