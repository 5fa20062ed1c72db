"""`fetch-vectors` and `pack-vectors` from the command line; what they do is tested with `training.vectors`."""

import hashlib

import pytest

from tests.training.small import write_glove
from tests.training.vectors.server import running_server

CONTENT = bytes(range(256)) * 400
SHA256 = hashlib.sha256(CONTENT).hexdigest()


@pytest.fixture
def fetch(cli, tmp_path):
    with running_server() as server:
        server.behaviours = [lambda request: request.send_range(CONTENT)]

        def run(*options, sha256=SHA256):
            expected = ("--url", server.url, "--sha256", sha256, "--size-bytes", len(CONTENT))
            return cli("fetch-vectors", "--to", tmp_path / "glove.zip", *expected, *options)

        yield run


def test_fetch_puts_the_file_where_asked(fetch, tmp_path):
    ended = fetch()
    path = tmp_path / "glove.zip"
    assert ended.code == 0
    assert ended.out == f"{path} is complete; train with --vectors {path}\n"
    assert path.read_bytes() == CONTENT
    assert fetch("--json").events[-1] == {"event": "result", "path": str(path)}


def test_fetch_of_other_content_is_one_clear_line(fetch, one_line, tmp_path):
    assert "the content does not match its SHA-256" in one_line(fetch(sha256="0" * 64))
    assert not (tmp_path / "glove.zip").exists()


def test_pack_writes_a_table_and_says_what_it_costs(cli, tmp_path):
    glove = write_glove(tmp_path / "glove.txt")
    table = tmp_path / "table.npz"
    ended = cli("pack-vectors", glove, table, "--count", "5", "--dimension", "4", "--json")
    assert (ended.code, ended.err) == (0, "")
    assert ended.events[-1]["event"] == "result"
    assert table.is_file()
    assert str(table) in cli("pack-vectors", glove, table, "--count", "5", "--dimension", "4").out


def test_pack_of_what_is_no_glove_is_one_clear_line(cli, one_line, tmp_path):
    ended = cli("pack-vectors", tmp_path / "none.txt", tmp_path / "table.npz")
    assert "none.txt" in one_line(ended)
