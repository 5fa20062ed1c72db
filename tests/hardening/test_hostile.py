"""JSON made to hurt, names that lead elsewhere, and files that lie, sent to a real service: a clear refusal each."""

import gzip
import io
import socket
import struct

import psutil
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from app.browsers import HEADERS
from tests.app.process import client_of, started

ADMIN_KEY = "hostile-admin-key-0001"
MOST_GROWTH_BYTES = 512 << 20
LONGEST_ANSWER_BYTES = 10_000


@pytest.fixture(scope="module")
def service(tmp_path_factory, toy_models):
    folder = tmp_path_factory.mktemp("hostile")
    (folder / "models").symlink_to(toy_models)  # as a volume may be: what is in it may not lead elsewhere
    with started(folder, DATA=folder, ADMIN_KEYS=ADMIN_KEY, MAX_DATASET_BYTES=8 << 20) as service:
        service.wait_until_ready()
        service.folder = folder
        process = psutil.Process(service.process.pid)
        before = process.memory_info().rss
        yield service
        assert process.memory_info().rss - before < MOST_GROWTH_BYTES
        assert "ERROR" not in service.log()
        assert "Traceback" not in service.log()


@pytest.fixture(scope="module")
def client(service):
    with client_of(service) as client:
        client.headers["X-API-Key"] = ADMIN_KEY
        yield client


ROUTES = {
    "/predict": b'{"text": %b}',
    "/explain?detail=summary": b'{"text": %b}',
    "/feedback": b'{"text": %b, "label": "calm"}',
    "/retrain": b'{"dataset": %b}',
    "/predict/stream": b'{"text": %b}',
    "/v2/models/toy/infer": b'{"inputs": [{"name": "text", "datatype": "BYTES", "shape": [1], "data": [%b]}]}',
    "/v1/models/toy:predict": b'{"instances": [%b]}',
    "/v1/models/toy:classify": b'{"examples": [{"text": %b}]}',
}
VALUES = {
    "nested": b"[" * 100_000 + b"]" * 100_000,
    "1e400": b"1e400",
    "a large exponent": b"-1e999999999",
    "many digits": b"9" * 100_000,
    "many digits behind the point": b"0." + b"9" * 100_000,
    "NaN": b"NaN",
    "infinity": b"-Infinity",
    "a lone surrogate": rb'"\ud800"',
    "a surrogate in bytes": b'"\xed\xa0\x80"',
    "overlong UTF-8": b'"\xc0\xaf"',
    "a raw NUL": b'"a\0b"',
    "a huge string": b'"' + b"x" * 900_000 + b'"',
    "many escapes": b'"' + rb"\u0041" * 150_000 + b'"',
}
BODIES = {
    "brackets": b"[" * 100_000,
    "braces": b'{"text":' * 100_000,
    "an unknown field, nested": b'{"x":' + b"[" * 400_000 + b"]" * 400_000 + b"}",
    "many keys": b"{" + b",".join(b'"k%d":0' % n for n in range(90_000)) + b"}",
    "one key many times": b"{" + b",".join([b'"text":0'] * 90_000) + b"}",
    "a key of a megabyte": b'{"' + b"x" * 1_000_000 + b'":1}',
    "many objects": b"[" + b"{}," * 300_000 + b"{}]",
    "two marks of order": b'\xef\xbb\xbf\xef\xbb\xbf{"text": "calm"}',
    "UTF-16": '{"text": "calm"}'.encode("utf-16"),
    "prototypes": b'{"__proto__": {"text": "calm"}, "constructor": 1}',
    "NUL after the end": b'{"text": "calm"}\0',
    "two bodies": b'{"text": "calm"}{"text": "calm"}',
}


@pytest.mark.parametrize("path", ROUTES)
def test_json_that_is_made_to_hurt_is_a_clear_refusal(client, path):
    bodies = BODIES | {name: ROUTES[path] % value for name, value in VALUES.items()}
    for name, body in bodies.items():
        response = client.post(path, content=body)
        assert len(response.content) < LONGEST_ANSWER_BYTES, name
        if path.endswith("stream"):
            (line,) = response.text.splitlines()
            assert '"status":4' in line, name
        else:
            assert response.status_code in (400, 422), (name, response.text[:500])
            assert response.json().get("detail") or response.json()["error"]


@pytest.mark.parametrize("path", ["/predict", "/v2/models/toy/infer", "/v1/models/toy:predict"])
def test_of_a_key_that_comes_twice_the_last_counts(client, path):
    first = ROUTES[path] % b'"calm"'
    key = first.partition(b'"')[2].partition(b'"')[0]
    twice = b'{"%b": 17, %b' % (key, first[1:])
    assert client.post(path, content=twice).json() == client.post(path, content=first).json()


NAMES = [
    *("..", ".", "%2e%2e", "%2e", "..%2f..%2fetc%2fpasswd", "%2fetc%2fpasswd", "/etc/passwd", "a/../b", "..;"),
    *("..%5c..%5cx", "\\..\\x", "%00", "a%00b", "%0a", "a%0d%0ab", "-x", ".hidden", "_x", "~root", "$HOME", "*"),
    *("%C3%A9", "e%CC%81", "%EF%BC%8E%EF%BC%8E", "%ff%fe", "%c0%ae%c0%ae", "a%20b", "a;b", "%25%32%65", "%zz", "%"),
    *("1e3", "0x1", "%D9%A1", "1_0", "9" * 30, "%E2%80%AE1", "x" * 10_000),
]
PLACES = [
    *("/datasets/{}", "/models/{}", "/models/{}/report", "/models/{}/promote", "/jobs/{}", "/jobs/{}/events"),
    *("/v2/models/{}", "/v2/models/{}/infer", "/v2/models/toy/versions/{}", "/v1/models/{}", "/v1/models/{}:predict"),
    *("/page/{}", "/page/js/{}", "/static/docs/{}"),
]


def exchange(service, request):
    """What comes back for bytes that no client has tidied."""
    host, port = service.url.removeprefix("http://").split(":")
    with socket.create_connection((host, int(port)), timeout=30) as connection:
        connection.sendall(request)
        return b"".join(iter(lambda: connection.recv(65536), b""))


def status(service, method, path):
    """Of a request whose path is sent as it is."""
    head = f"{method} {path} HTTP/1.1\r\nHost: x\r\nX-API-Key: {ADMIN_KEY}\r\nContent-Length: 0\r\n"
    return int(exchange(service, f"{head}Connection: close\r\n\r\n".encode()).split(b" ", 2)[1])


def test_what_is_no_http_is_answered_with_the_same_headers(service):
    head, _, body = exchange(service, b"this is no HTTP\r\n\r\n").partition(b"\r\n\r\n")
    sent = [tuple(line.lower().split(b": ", 1)) for line in head.split(b"\r\n")[1:]]
    assert head.startswith(b"HTTP/1.1 400 ")
    for name, value in HEADERS:
        assert [given for key, given in sent if key == name] == [value.lower()]
    assert b'"status":400' in body


@pytest.mark.parametrize("place", PLACES)
def test_a_name_leads_nowhere_but_to_what_has_it(service, place):
    for method in ("GET", "DELETE", "POST", "PUT"):
        found = {status(service, method, place.format(name)) for name in NAMES}
        assert found <= {400, 404, 405, 422}, (method, found)


def test_names_leave_nothing_behind(service):
    there = {path.name for path in service.folder.iterdir()}
    assert there <= {"models", "datasets", "service.log", ".lock", "tercet.db", "tercet.db-shm", "tercet.db-wal"}
    assert [*(service.folder / "datasets").glob("*")] == []


@pytest.mark.parametrize("name", ["../toy", "/etc", "..", ".", "", "a/b", "toy\0", "TOY"])
def test_a_model_is_chosen_among_those_that_are_there(toy_models, name):
    from app.loading import choose_model
    from model.errors import RegistryError
    from model.registry import Registry

    with pytest.raises(RegistryError, match="has no model"):
        choose_model(Registry(toy_models), name)


def parquet():
    target = io.BytesIO()
    rows = {"text": [f"text {n}" for n in range(9)], "label": ["a", "b", "c"] * 3}
    pq.write_table(pa.table(rows), target)
    return target.getvalue()


def lying(size):
    """Parquet whose footer is said to be of another size."""
    return parquet()[:-8] + struct.pack("<I", size) + b"PAR1"


FILES = {
    "a huge cell": b'text,label\n"' + b"x" * 5_000_000 + b'",a\n',
    "a million columns": b"text,label" + b",x" * 1_000_000 + b"\n" + (b"a,b" + b"," * 1_000_000 + b"\n") * 3,
    "nested JSON": b'{"text":' + b"[" * 1_000_000,
    "many digits": b'{"text": "a", "label":' + b"9" * 1_000_000 + b"}\n",
    "surrogates": b'{"text": "\\ud800", "label": "a"}\n' * 9,
    "a footer of 2 GB": lying(2**31 - 1),
    "a footer of 8 bytes": lying(8),
}


@pytest.mark.parametrize("name", FILES)
def test_a_file_that_lies_is_refused_and_not_kept(service, client, name):
    response = client.put("/datasets/hostile", content=FILES[name])
    assert response.status_code == 422, response.text[:500]
    assert len(response.content) < LONGEST_ANSWER_BYTES
    assert response.json()["errors"]
    assert [*(service.folder / "datasets").rglob("*")] == []


def test_what_unpacks_to_more_than_may_be_sent_is_refused(client):
    bomb = gzip.compress(bytes(50 << 20))
    uploaded = client.put("/datasets/hostile", content=bomb)
    assert (uploaded.status_code, "unpacked" in uploaded.text) == (413, True)
    for path in ("/v2/models/toy/infer", "/v1/models/toy:predict"):
        sent = client.post(path, content=bomb, headers={"Content-Encoding": "gzip"})
        assert (sent.status_code, "unpacks" in sent.text) == (413, True)
