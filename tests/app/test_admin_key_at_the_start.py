"""The generated admin key, from the first start of the real service to the second."""

import re

from tests.app.process import client_of, run, started


def test_the_first_start_shows_the_key_once_and_later_ones_take_it(tmp_path, toy_models):
    data = tmp_path / "var"
    data.mkdir()
    (data / "models").symlink_to(toy_models)
    with started(tmp_path, "--workers", "2", DATA=data, WORKER="none", LOG_LEVEL="debug") as service:
        key = service.wait_for(r"Admin key, kept in \S+ and not shown again; .*Bearer (\S+)`")[1]
        service.wait_until_ready()
        with client_of(service) as client:
            assert client.get("/datasets").status_code == 401
            assert client.get("/datasets", headers={"Authorization": f"Bearer {key}"}).status_code == 200
            assert client.delete("/datasets/a", headers={"X-API-Key": key}).status_code == 404
        assert service.log().count(key) == 1
        assert service.log().count("app.audit") == 1
    with started(tmp_path, DATA=data, WORKER="none") as service:
        service.wait_until_ready()
        with client_of(service) as client:
            assert client.get("/datasets", headers={"X-API-Key": key}).status_code == 200
        assert key not in service.log()
        assert "Admin key" not in service.log()


def test_a_key_that_cannot_be_used_ends_the_start_with_one_line(tmp_path, toy_models):
    data = tmp_path / "var"
    data.mkdir()
    (data / "models").symlink_to(toy_models)
    (data / "admin-key").write_text("\n")
    done = run(cwd=tmp_path, DATA=data, PORT=0)
    assert done.returncode == 1
    assert re.fullmatch(r"\S+admin-key is empty\. Delete it, .*\n", done.stderr)


def test_short_keys_are_warned_of_at_the_start(tmp_path):
    done = run(cwd=tmp_path, ADMIN_KEYS="a-short-one", PORT=0, MODEL="absent")
    assert done.stderr.startswith("Warning: key 1 of TERCET_ADMIN_KEYS has fewer than 16 characters")
    assert "a-short-one" not in done.stderr
