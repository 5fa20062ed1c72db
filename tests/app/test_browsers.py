"""What browsers are told with every answer, and which pages and names of hosts are let in."""

import asyncio

import httpx
import pytest

from app.browsers import HEADERS, check_page
from app.errors import ForeignPageError, SettingsError
from app.settings import load_settings
from tests.app.fakes import running

ELSEWHERE = "https://evil.example"
FRIEND = "https://shop.example"
EXPECTED = {name.decode(): value.decode() for name, value in HEADERS}


def ask(*requests, **values):
    async def main():
        async with running(**values) as (_, client):
            return [await client.request(*each[:2], **(each[2] if len(each) > 2 else {})) for each in requests]

    return asyncio.run(main())


def send(method, path, **options):
    (response,) = ask(
        (method, path, {key: options.pop(key) for key in ("headers", "content") if key in options}), **options
    )
    return response


ANSWERS = [
    ("POST", "/predict", {"content": b'{"text": "one"}'}, 200),
    ("POST", "/predict", {"content": b"["}, 400),
    ("POST", "/predict/stream", {"content": b'{"text": "one"}\n'}, 200),
    ("GET", "/predict", {}, 405),
    ("GET", "/nowhere", {}, 404),
    ("GET", "/jobs", {}, 401),
    ("GET", "/model", {}, 200),
    ("GET", "/models/none", {}, 422),
    ("GET", "/health/live", {}, 200),
    ("GET", "/openapi.json", {}, 200),
]


def test_every_answer_has_them_once_errors_too():
    for (*_, status), response in zip(ANSWERS, ask(*ANSWERS), strict=True):
        assert response.status_code == status
        for name, value in EXPECTED.items():
            assert response.headers.get_list(name) == [value], (response.url, name)


def test_a_defect_has_them_too():
    def broken(*_):
        raise ZeroDivisionError

    async def main():
        async with running() as (service, client):
            service.classifier.classify = broken
            return await client.post("/predict", content=b'{"text": "one"}')

    response = asyncio.run(main())
    assert response.status_code == 500
    assert response.headers["x-content-type-options"] == "nosniff"
    assert response.headers["x-request-id"]


@pytest.mark.parametrize("path", ["/", "/page/style.css", "/docs", "/redoc", "/static/docs/swagger-ui.css"])
def test_pages_keep_a_policy_of_their_own_and_may_be_kept(path):
    response = send("GET", path)
    assert response.status_code == 200
    for name in EXPECTED:
        assert len(response.headers.get_list(name)) == 1
    assert response.headers["x-frame-options"] == "DENY"
    if not path.startswith("/static"):
        assert response.headers["content-security-policy"] != EXPECTED["content-security-policy"]
        assert "frame-ancestors 'none'" in response.headers["content-security-policy"]
    if path not in ("/docs", "/redoc"):
        assert response.headers["cache-control"] == "no-cache"


def preflight(path, origin, method="POST", asked="content-type,x-api-key"):
    headers = {"Origin": origin, "Access-Control-Request-Method": method, "Access-Control-Request-Headers": asked}
    return "OPTIONS", path, {"headers": headers}


@pytest.mark.parametrize("path", ["/predict", "/explain", "/feedback", "/jobs", "/datasets/a"])
def test_no_other_origin_is_let_in_unless_it_is_named(path):
    asked, got = ask(preflight(path, ELSEWHERE), ("POST", path, {"headers": {"Origin": ELSEWHERE}}))
    assert asked.status_code == 405
    for response in (asked, got):
        assert not [name for name in response.headers if name.startswith("access-control-")]


@pytest.mark.parametrize("path", ["/predict", "/explain", "/feedback", "/jobs", "/datasets/a"])
def test_an_origin_that_is_named_is_let_in_with_a_key_and_no_other(path):
    values = {"cors_origins": (FRIEND,)}
    friend, other, late = ask(
        preflight(path, FRIEND), preflight(path, ELSEWHERE), preflight(path, FRIEND, "PATCH"), **values
    )
    assert friend.status_code == 200
    assert friend.headers["access-control-allow-origin"] == FRIEND
    assert {"authorization", "x-api-key", "idempotency-key"} <= set(
        friend.headers["access-control-allow-headers"].lower().split(", ")
    )
    assert "access-control-allow-credentials" not in friend.headers
    assert friend.headers["x-request-id"]
    assert other.status_code == late.status_code == 400
    assert "access-control-allow-origin" not in other.headers


@pytest.mark.parametrize(("content", "status"), [(b'{"text": "one"}', 200), (b"[", 400)])
def test_an_origin_that_is_named_may_read_answers_and_errors(content, status):
    response = send("POST", "/predict", content=content, headers={"Origin": FRIEND}, cors_origins=(FRIEND,))
    assert (response.status_code, response.headers["access-control-allow-origin"]) == (status, FRIEND)
    assert "X-Request-ID" in response.headers["access-control-expose-headers"]


def test_all_origins_may_be_let_in_never_with_credentials():
    response = send("POST", "/predict", content=b'{"text": "one"}', headers={"Origin": FRIEND}, cors_origins=("*",))
    assert response.headers["access-control-allow-origin"] == "*"
    assert "access-control-allow-credentials" not in response.headers


PAGES = [
    ({}, True),
    ({"Origin": "http://here:8000"}, True),
    ({"Origin": "https://here:8000"}, True),
    ({"Origin": FRIEND}, True),
    ({"Origin": FRIEND, "Sec-Fetch-Site": "cross-site"}, True),
    ({"Origin": "https://public.example", "Sec-Fetch-Site": "same-origin"}, True),
    ({"Sec-Fetch-Site": "none"}, True),
    ({"Origin": ELSEWHERE}, False),
    ({"Origin": "http://here"}, False),
    ({"Origin": "http://here:8001"}, False),
    ({"Origin": "null"}, False),
    ({"Origin": ""}, False),
    ({"Origin": "http://here:8000", "Sec-Fetch-Site": "cross-site"}, False),
    ({"Origin": "http://here:8000", "Sec-Fetch-Site": "same-site"}, False),
    ({"Sec-Fetch-Site": "cross-site"}, False),
    ({"Origin": b"\xff\xfe"}, False),
]


@pytest.mark.parametrize(("headers", "fine"), PAGES)
def test_a_page_of_another_origin_changes_nothing(headers, fine):
    sent = [(b"host", b"here:8000"), *httpx.Headers(headers).raw]
    given = [(name.lower(), value) for name, value in sent]
    if fine:
        check_page(given, (FRIEND,))
    else:
        with pytest.raises(ForeignPageError):
            check_page(given, (FRIEND,))
        check_page(given, ("*",))


def test_feedback_of_a_page_elsewhere_is_refused_and_says_what_to_do(tmp_path):
    body = b'{"text": "one", "label": "few"}'
    refused = send("POST", "/feedback", content=body, headers={"Origin": ELSEWHERE}, data=tmp_path)
    assert refused.status_code == 403
    assert "TERCET_CORS_ORIGINS" in refused.json()["detail"]
    taken = send("POST", "/feedback", content=body, headers={"Origin": FRIEND}, data=tmp_path, cors_origins=(FRIEND,))
    assert (taken.status_code, taken.json()["times"]) == (201, 1)


HOSTS = [
    ("example.org", True),
    ("EXAMPLE.org:8000", True),
    ("a.b.example.com", True),
    ("::1", False),
    ("[::1]:8000", True),
    ("example.com", False),
    ("badexample.org", False),
    ("example.org.evil.example", False),
    ("127.0.0.1", False),
    ("", False),
    ("[", False),
    ("example.org:port", True),
    ("evil.example@example.org", True),
    ("example.org@evil.example", False),
]


@pytest.mark.parametrize(("host", "known"), HOSTS)
def test_only_names_that_are_given_are_answered_to(host, known):
    values = {"allowed_hosts": ("example.org", "*.example.com", "::1")}
    response = send("GET", "/model", headers={"Host": host}, **values)
    assert response.status_code == (200 if known else 421)
    if not known:
        assert "TERCET_ALLOWED_HOSTS" in response.json()["detail"]
        assert response.headers["x-content-type-options"] == "nosniff"


@pytest.mark.parametrize("root", ["", "/tercet"])
def test_probes_ask_by_whatever_name(root):
    values = {"allowed_hosts": ("example.org",), "root_path": root}
    live, model = ask(("GET", f"{root}/health/live"), ("GET", f"{root}/model"), **values)
    assert (live.status_code, model.status_code) == (200, 421)


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("CORS_ORIGINS", "example.org", "is not of the form https://example.org"),
        ("CORS_ORIGINS", "https://example.org/", "is not of the form https://example.org"),
        ("CORS_ORIGINS", ",", "has no name"),
        ("ALLOWED_HOSTS", "https://example.org", "is not of the form example.org"),
        ("ALLOWED_HOSTS", "*", "is not of the form example.org"),
        ("ALLOWED_HOSTS", "example.org:80", "is not of the form example.org"),
    ],
)
def test_what_is_no_origin_or_name_is_said_at_the_start(monkeypatch, tmp_path, name, value, said):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv(f"TERCET_{name}", value)
    with pytest.raises(SettingsError, match=said):
        load_settings()


def test_several_are_separated_by_commas(monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("TERCET_CORS_ORIGINS", "https://A.example, http://localhost:5173,*")
    monkeypatch.setenv("TERCET_ALLOWED_HOSTS", "*.Example.org,::1,10.0.0.1")
    settings = load_settings()
    assert settings.cors_origins == ("https://a.example", "http://localhost:5173", "*")
    assert settings.allowed_hosts == ("*.example.org", "::1", "10.0.0.1")
