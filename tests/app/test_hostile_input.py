"""What a caller may send, over real HTTP to a really loaded model: an answer or a 4xx, never a 500."""

import json

import pytest

from tests.app.process import client_of, started

LIMIT_BYTES = 1 << 20


@pytest.fixture(scope="module")
def service(tmp_path_factory, toy_models):
    with started(
        tmp_path_factory.mktemp("service"), DATA=toy_models.parent, MAX_TEXT_CHARACTERS=LIMIT_BYTES
    ) as service:
        service.wait_until_ready()
        yield service
        assert "ERROR" not in service.log()
        assert "Traceback" not in service.log()


@pytest.fixture(scope="module")
def client(service):
    with client_of(service) as client:
        yield client


TEXTS = [
    ("\0", 1),
    ("calm\0calm", 1),
    ("😀" * 10_000, 1),
    ("😀 " * 10_000, 10_000),
    ("שלום עולם \u202e reversed", 4),
    ("x" * (LIMIT_BYTES - 100), 1),
    ("".join(map(chr, range(1, 32))), 2),
    ("e" + "\u0301" * 5000, 1),
    ("İ" * 1000, 1),
    ("ΣΑΣ ß ŉ", 3),
    ("?!…", 1),
    ("?!.,;:", 0),
    ("\u200b\ufeff\u2060", 1),
    ("\ufffe\uffff\U0010ffff", 1),
    ("\x7f\x80\x9f", 1),
    ("sea " * 100_000, 100_000),
]


@pytest.mark.parametrize(("text", "total"), TEXTS)
def test_any_text_is_answered(client, text, total):
    response = client.post("/predict", content=json.dumps({"text": text}, ensure_ascii=False).encode())
    assert response.status_code == 200, response.text[:500]
    answer = response.json()
    assert answer["tokens"]["total"] == total
    assert sum(answer["probabilities"].values()) == pytest.approx(1, abs=1e-5)


@pytest.mark.parametrize(("text", "total"), TEXTS)
def test_any_text_is_explained_and_every_word_is_found_in_it(client, text, total):
    body = json.dumps({"text": text, "detail": "summary"}, ensure_ascii=False).encode()
    response = client.post("/explain", content=body)
    assert response.status_code == 200, response.text[:500]
    answer = response.json()
    assert answer["prediction"] == client.post("/predict", content=json.dumps({"text": text}).encode()).json()
    assert len(answer["tokens"]) == answer["prediction"]["tokens"]["total"] == total
    ends = [0, *(token["end"] for token in answer["tokens"])]
    for token, end_before in zip(answer["tokens"], ends, strict=False):
        assert text[token["start"] : token["end"]] == token["text"]
        assert end_before <= token["start"] < token["end"] <= len(text)
    assert sum(token["used"] for token in answer["tokens"]) == answer["prediction"]["tokens"]["used"]


def test_escaped_surrogate_pairs_are_the_character_they_stand_for(client):
    plain = client.post("/predict", content='{"text": "calm 😀"}'.encode())
    escaped = client.post("/predict", content=b'{"text": "calm \\ud83d\\ude00"}')
    assert plain.json() == escaped.json()


BODIES = [
    (b'{"text": "\\ud800"}', 400),
    (b'{"text": "\\udfff\\ud800"}', 400),
    (b'{"text": "\xed\xa0\x80"}', 400),
    (b'{"text": "\xff"}', 400),
    (b"", 400),
    (b'{"text": "calm"', 400),
    (b"[" * (LIMIT_BYTES - 1), 400),
    (b'{"texts": ' * 100_000, 400),
    (b'{"text": ' + b"9" * 1_000_000 + b"}", 400),
    ('{"text": "calm"}'.encode("utf-16"), 400),
    ('{"text": "calm"}'.encode("utf-32"), 400),
    (b"text=calm", 400),
    (b"--boundary\r\nContent-Disposition: form-data\r\n\r\ncalm", 400),
    (b"null", 422),
    (b"[]", 422),
    (b"42", 422),
    (b"-1e9999", 422),
    (b'"calm"', 422),
    (b"{}", 422),
    (b'{"text": NaN}', 422),
    (b'{"text": -Infinity}', 422),
    (b'{"text": 1e308}', 422),
    (b'{"text": true}', 422),
    (b'{"text": {"text": "calm"}}', 422),
    (b'{"text": ""}', 422),
    (b'{"text": "\\u2003\\n"}', 422),
    (b'{"texts": []}', 422),
    (b'{"texts": "calm"}', 422),
    (b'{"texts": [["calm"]]}', 422),
    (b'{"texts": [' + b'"",' * 300_000 + b'""]}', 422),
    (b'{"texts": [' + b"1," * 500_000 + b"1]}", 422),
    (b'{"text": "calm", "texts": ["calm"]}', 422),
    (b'{"text": "calm", "__proto__": 1}', 422),
    (b'{"' + b"x" * 1_000_000 + b'": 1}', 422),
    (b"{" + b",".join(b'"%d": 0' % n for n in range(90_000)) + b"}", 422),
    (b'\xef\xbb\xbf{"text": "calm"}', 200),
    (b'{"text": 1, "text": "calm"}', 200),
    (b' \r\n\t{"text": "calm"}\n', 200),
]


@pytest.mark.parametrize("path", ["/predict", "/explain?detail=summary"])
@pytest.mark.parametrize(("body", "status"), BODIES)
def test_a_body_of_any_form_gets_an_answer_of_its_own_small_size(client, path, body, status):
    response = client.post(path, content=body)
    assert response.status_code == status, response.text[:500]
    assert len(response.content) < 5000
    assert response.headers["x-request-id"]
    response.json()


QUERIES = [
    ("", 200),
    ("?", 200),
    ("?&&=&=x&detail", 422),
    ("?detail=summary&detail=summary", 200),
    ("?detail=full&detail=summary", 422),
    ("?detail[]=full", 200),
    ("?detail=FULL", 422),
    ("?label=calm", 200),
    ("?label=CALM", 422),
    ("?label=%00", 422),
    ("?label=%ff%fe", 422),
    ("?label=%ed%a0%80", 422),
    ("?label=" + "x" * 30_000, 422),
    ("?" + "&".join(f"label=l{n}" for n in range(2000)), 422),
    ("?" + "&".join(f"n{n}" for n in range(5000)), 200),
    ("?text=storm", 200),
]


@pytest.mark.parametrize(("query", "status"), QUERIES)
def test_a_query_of_any_form_gets_an_answer(client, query, status):
    response = client.post(f"/explain{query}", content=b'{"text": "calm"}')
    assert response.status_code == status, response.text[:500]
    assert status == 200 or len(response.content) < 1000
    assert response.headers["x-request-id"]
    response.json()


@pytest.mark.parametrize("label", ["calm", "storm", "thaw"])
def test_every_label_may_be_explained(client, label):
    answer = client.post("/explain", json={"text": "the sea was calm", "label": label}).json()
    assert answer["label"] == label
    assert answer["attributions"]["label"] == label
    moved = answer["attributions"]["logit"] - answer["attributions"]["baseline_logit"]
    assert sum(answer["attributions"]["values"]) == pytest.approx(moved, abs=answer["attributions"]["gap"] + 1e-6)


@pytest.mark.parametrize(
    "content_type", [None, "application/x-www-form-urlencoded", "text/plain; charset=latin-1", "x"]
)
def test_the_content_type_does_not_matter(client, content_type):
    headers = {"Content-Type": content_type} if content_type else {}
    assert client.post("/predict", content=b'{"text": "calm"}', headers=headers).status_code == 200


def test_the_probabilities_are_those_of_the_graph_on_the_same_ids(client, toy_models):
    from model.bundle import verify
    from model.savedmodel import SavedModelEngine

    bundle = verify(toy_models / "toy" / "1")
    texts = ["the sea was calm", "a storm came over the sea", "nothing known", "the " * 300]
    ids, counts = bundle.encoder.encode(texts)
    expected = SavedModelEngine(bundle).probabilities(ids)
    predictions = client.post("/predict", json={"texts": texts}).json()["predictions"]
    for prediction, row, count in zip(predictions, expected.tolist(), counts, strict=True):
        assert list(prediction["probabilities"]) == list(bundle.manifest.labels)
        assert list(prediction["probabilities"].values()) == pytest.approx(row, abs=1e-6)
        assert prediction["label"] == bundle.manifest.labels[row.index(max(row))]
        assert prediction["tokens"]["known"] == count.known
        assert sum(prediction["probabilities"].values()) == pytest.approx(1, abs=1e-5)
    assert [p["tokens"]["known"] for p in predictions] == [4, 6, 0, 300]
    assert predictions[3]["tokens"] == {"total": 300, "known": 300, "used": 8, "truncated": True}
    alone = client.post("/predict", json={"text": texts[1]}).json()["probabilities"]
    assert alone == pytest.approx(predictions[1]["probabilities"], abs=1e-6)


def test_a_full_list_is_answered_in_order(client):
    texts = ["calm" if n % 3 else "storm storm" for n in range(4096)]
    predictions = client.post("/predict", json={"texts": texts}).json()["predictions"]
    assert [p["tokens"]["total"] for p in predictions] == [1 if n % 3 else 2 for n in range(4096)]
    too_many = client.post("/predict", json={"texts": [*texts, "calm"]})
    assert too_many.status_code == 422
    assert too_many.json()["detail"] == "texts has 4,097 texts; the limit is 4,096 (TERCET_MAX_TEXTS)"


def test_the_model_of_the_answer_is_the_one_described(client):
    described, answer = client.get("/model").json(), client.post("/predict", json={"text": "calm"}).json()
    assert answer["model"] == {"name": described["name"], "version": described["version"]}
    assert list(answer["probabilities"]) == described["labels"]
    assert [(layer["kind"], layer["shape"]) for layer in described["layers"]][-1] == ("Dense", [3])
