import concurrent.futures
import os
import stat

import pytest

from app.admin_key import admin_keys, make_admin_key, weak_keys
from app.errors import StartError
from tests.app.fakes import settings


def test_the_key_is_made_once_for_its_owner_alone_and_shown_once(tmp_path):
    found = settings(data=tmp_path / "var")
    line = make_admin_key(found)
    path = tmp_path / "var" / "admin-key"
    key = path.read_text().strip()
    assert line == f"Admin key, kept in {path} and not shown again; send it as `Authorization: Bearer {key}`"
    assert len(key) == 43
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert make_admin_key(found) is None
    assert admin_keys(found) == (key,)
    assert [entry.name for entry in path.parent.iterdir()] == ["admin-key"]


def test_a_key_in_the_settings_goes_before_the_one_in_the_file(tmp_path):
    make_admin_key(settings(data=tmp_path))
    found = settings(data=tmp_path, admin_keys=("given-admin-key-1",))
    assert admin_keys(found) == ("given-admin-key-1",)


def test_where_a_key_is_given_none_is_made(tmp_path):
    found = settings(data=tmp_path / "var", admin_keys=("given-admin-key-1",))
    assert make_admin_key(found) is None
    assert not (tmp_path / "var").exists()


def test_before_one_is_made_there_is_none(tmp_path):
    assert admin_keys(settings(data=tmp_path / "var")) == ()


def test_of_those_who_start_at_once_one_makes_the_key_and_all_agree(tmp_path):
    found = settings(data=tmp_path)
    with concurrent.futures.ThreadPoolExecutor(16) as pool:
        lines = [line for line in pool.map(make_admin_key, [found] * 64) if line]
    assert len(lines) == 1
    assert lines[0].endswith(f"Bearer {admin_keys(found)[0]}`")
    assert [entry.name for entry in tmp_path.iterdir()] == ["admin-key"]


def test_who_dies_while_writing_leaves_no_half_key(tmp_path, monkeypatch):
    found = settings(data=tmp_path)

    def die(_descriptor):
        raise KeyboardInterrupt

    monkeypatch.setattr(os, "fsync", die)
    with pytest.raises(KeyboardInterrupt):
        make_admin_key(found)
    assert admin_keys(found) == ()
    assert [*tmp_path.iterdir()] == []


@pytest.mark.parametrize("content", [b"", b"\n", b"\xff\xfe"])
def test_a_file_without_a_usable_key_ends_the_start(tmp_path, content):
    (tmp_path / "admin-key").write_bytes(content)
    with pytest.raises(StartError, match="admin-key"):
        make_admin_key(settings(data=tmp_path))


def test_a_folder_that_cannot_be_written_ends_the_start(tmp_path):
    (tmp_path / "admin-key").mkdir()
    with pytest.raises(StartError, match="cannot be read"):
        make_admin_key(settings(data=tmp_path))


def test_short_keys_are_warned_of_by_their_place(tmp_path):
    found = settings(api_keys=("long-enough-to-be-one", "short"), admin_keys=("x",))
    warnings = weak_keys(found)
    assert [warning.partition(" has fewer")[0] for warning in warnings] == [
        "Warning: key 2 of TERCET_API_KEYS",
        "Warning: key 1 of TERCET_ADMIN_KEYS",
    ]
    assert "short" not in warnings[0]
    assert weak_keys(settings(api_keys=("x" * 16,))) == []
