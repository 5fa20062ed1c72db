import asyncio
import gzip
import io
import json

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from app import pipeline_command
from app.datasets.schemas import DatasetFacts, DatasetList, DatasetVersions
from app.problems import Problem
from tests.app.datasets.uploads import CSV
from tests.app.fakes import running

ADMIN = "admin-key-0123456789ab"


@pytest.fixture
def ask(tmp_path):
    """Sends requests one after the other; a request is (method, path, options of httpx)."""

    def ask(*requests, **values):
        async def main():
            async with running(data=tmp_path, admin_keys=(ADMIN,), **values) as (_, client):
                client.headers["X-API-Key"] = ADMIN
                return [await client.request(method, path, **options) for method, path, options in requests]

        answers = asyncio.run(main())
        return answers if len(requests) > 1 else answers[0]

    return ask


def put(content=CSV, path="/datasets/a", **options):
    return ("PUT", path, {"content": content, **options})


def rows():
    return [{"text": f"text number {n}", "label": ("calm", "storm")[n % 2]} for n in range(40)]


def left(tmp_path):
    return sorted(path.name for path in (tmp_path / "datasets").rglob("*"))


def test_an_upload_is_checked_and_described(ask):
    answer = ask(put())
    assert answer.status_code == 201
    content = answer.json()
    assert content == DatasetFacts.model_validate(content).model_dump(mode="json")
    assert content | {"version": "", "uploaded_at": ""} == {
        "name": "a",
        "version": "",
        "uploaded_at": "",
        "format": "csv",
        "size_bytes": len(CSV),
        "rows": 40,
        "rows_read": 40,
        "columns": ["text", "label"],
        "text_column": "text",
        "label_column": "label",
        "labels": {"calm": 20, "storm": 20},
        "duplicates": 0,
        "rejected": [],
    }


def test_rows_that_are_left_out_are_reported_with_their_lines(ask):
    content = ask(put(CSV + b"text number 0,calm\n,calm\nText NUMBER 1,calm\n")).json()
    assert (content["rows"], content["rows_read"], content["duplicates"]) == (39, 43, 1)
    assert {(entry["kind"], entry["rows"], *entry["first"]) for entry in content["rejected"]} == {
        ("empty_text", 1, 43),
        ("duplicate", 1, 42),
        ("conflict", 2, 3, 44),
    }


def parquet():
    target = io.BytesIO()
    pq.write_table(pa.Table.from_pylist(rows()), target)
    return target.getvalue()


@pytest.mark.parametrize(
    ("content", "kind"),
    [
        (CSV, "csv"),
        (b"\xef\xbb\xbf" + CSV, "csv"),
        (CSV.replace(b",", b"\t"), "tsv"),
        ("\n".join(map(json.dumps, rows())).encode(), "jsonl"),
        (gzip.compress(CSV, mtime=0), "csv.gz"),
        (gzip.compress("\n".join(map(json.dumps, rows())).encode(), mtime=0), "jsonl.gz"),
        (parquet(), "parquet"),
    ],
)
def test_the_content_tells_the_format_whatever_it_is_called(ask, content, kind):
    answer = ask(put(content, headers={"Content-Type": "application/x-www-form-urlencoded"}))
    assert (answer.status_code, answer.json()["format"], answer.json()["rows"]) == (201, kind, 40)


def test_the_query_names_the_columns(ask):
    content = CSV.replace(b"text,label", b"-x=a b,\xc3\xa9")
    answer = ask(put(content, params={"text_column": "-x=a b", "label_column": "é"}))
    assert answer.status_code == 201
    assert (answer.json()["text_column"], answer.json()["label_column"]) == ("-x=a b", "é")
    assert ask(put(content)).status_code == 422


def test_the_same_content_again_is_the_same_version(ask):
    first, again, named, other = ask(
        put(), put(), put(params={"text_column": "text", "label_column": ""}), put(CSV + b"more,calm\n")
    )
    assert [answer.status_code for answer in (first, again, named, other)] == [201, 200, 200, 201]
    versions = [answer.json()["version"] for answer in (first, again, named, other)]
    assert versions[0] == versions[1] == versions[2] != versions[3]


def test_labels_of_any_characters_come_out_as_they_went_in(ask, database_url):
    labels = ("a\0b", "naïve 🦀", 'a "quoted" \\ one')
    lines = [json.dumps({"text": f"text number {n}", "label": labels[n % 3], "extra\0": 1}) for n in range(60)]
    _, found = ask(put("\n".join(lines).encode()), ("GET", "/datasets/a", {}), database_url=database_url)
    assert found.json()["versions"][0]["labels"] == dict.fromkeys(sorted(labels), 20)


def test_data_sets_are_listed_shown_and_deleted(ask):
    _, _, _, all_of_them, one, deleted, after, gone, again = ask(
        put(),
        put(CSV + b"more,calm\n"),
        put(path="/datasets/b"),
        ("GET", "/datasets", {}),
        ("GET", "/datasets/a", {}),
        ("DELETE", "/datasets/a", {}),
        ("GET", "/datasets", {}),
        ("GET", "/datasets/a", {}),
        ("DELETE", "/datasets/a", {}),
    )
    DatasetList.model_validate(all_of_them.json(), extra="forbid")
    DatasetVersions.model_validate(one.json(), extra="forbid")
    listed = all_of_them.json()["datasets"]
    assert [(entry["name"], entry["versions"], entry["rows"]) for entry in listed] == [("a", 2, 41), ("b", 1, 40)]
    assert [version["rows"] for version in one.json()["versions"]] == [41, 40]
    assert (deleted.status_code, deleted.content) == (204, b"")
    assert [entry["name"] for entry in after.json()["datasets"]] == ["b"]
    assert (gone.status_code, again.status_code) == (404, 404)


@pytest.mark.parametrize(
    ("content", "kinds"),
    [
        (b"", {"empty_file"}),
        (b"text,label\n", {"empty_file"}),
        (b"a,b\n1,2\n", {"missing_column"}),
        (CSV + b"ragged\n", {"ragged_row"}),
        (CSV + b"\xff,calm\n", {"wrong_encoding"}),
        (CSV[:100], {"small_class"}),
        (b'[{"text": "a", "label": "b"}]', {"malformed"}),
        (b"PAR1 and no more", {"unreadable"}),
        (gzip.compress(CSV, mtime=0)[:-9], {"unreadable"}),
        (CSV.decode().encode("utf-16"), {"unreadable"}),
    ],
)
def test_a_file_that_cannot_be_used_is_refused_with_all_that_is_wrong_and_not_kept(ask, tmp_path, content, kinds):
    answer, listed = ask(put(content), ("GET", "/datasets", {}))
    assert answer.status_code == 422
    problem = Problem.model_validate(answer.json())
    assert problem.detail.startswith("The file cannot be used")
    assert kinds <= {error.field for error in problem.errors or ()}
    assert str(tmp_path) not in answer.text
    assert listed.json() == {"datasets": []}
    assert left(tmp_path) == []


HOSTILE = [
    *("%2e%2e", "..%2f..%2fetc", "%2Fetc%2Fpasswd", "a%5cb", "a/b", "a/", ".hidden", "-a", "_a"),
    *("a%00", "a%0d", "a%20b", "%ff", "%F0%9F%98%80", "é", "x" * 65, "x" * 5000),
]


@pytest.mark.parametrize("method", ["PUT", "GET", "DELETE"])
def test_what_is_no_name_is_refused(ask, tmp_path, method):
    options = {"content": CSV} if method == "PUT" else {}
    for answer in ask(*[(method, f"/datasets/{name}", options) for name in HOSTILE]):
        assert answer.status_code == 422, answer.url
        assert "1 to 64 letters" in answer.json()["errors"][0]["message"]
    assert not (tmp_path / "datasets").exists()


def test_names_of_all_that_is_allowed_are_taken(ask):
    answers = ask(*[put(path=f"/datasets/{name}") for name in ("A.b-c_9", "9", "con", "x" * 64, "a..")])
    assert [answer.status_code for answer in answers] == [201] * 5


@pytest.mark.parametrize("column", ["a\0b", "x" * 1001])
def test_what_is_no_name_of_a_column_is_refused(ask, column):
    assert ask(put(params={"text_column": column})).status_code == 422


def test_a_form_is_told_how_to_send_the_file(ask, tmp_path):
    answer = ask(("PUT", "/datasets/a", {"files": {"file": CSV}}))
    assert answer.status_code == 415
    assert "curl -T FILE" in answer.json()["detail"]
    assert not (tmp_path / "datasets").exists()


def test_a_file_over_the_limit_is_refused(ask, tmp_path):
    answer = ask(put(), max_dataset_bytes=len(CSV) - 1)
    assert (answer.status_code, "TERCET_MAX_DATASET_BYTES" in answer.text) == (413, True)
    assert ask(put(), max_dataset_bytes=len(CSV)).status_code == 201


def test_where_the_pipeline_is_not_installed_the_answer_says_what_to_install(ask, monkeypatch):
    monkeypatch.setattr(pipeline_command, "_STACK", ("nowhere_to_be_found",))
    answer, listed = ask(put(), ("GET", "/datasets", {}))
    assert (answer.status_code, "tercet[train]" in answer.text) == (503, True)
    assert listed.status_code == 200


def test_a_check_that_dies_is_no_verdict_on_the_file(ask, tmp_path, monkeypatch):
    monkeypatch.setattr(pipeline_command, "COMMAND", ("/bin/false",))
    answer = ask(put())
    assert answer.status_code == 503
    assert left(tmp_path) == []


def test_without_a_database_the_answer_says_so_and_nothing_is_left(ask, tmp_path):
    unreachable = "postgresql://user:secret-password@127.0.0.1:1/tercet"
    answers = ask(put(), ("GET", "/datasets", {}), ("DELETE", "/datasets/a", {}), database_url=unreachable)
    assert [answer.status_code for answer in answers] == [503] * 3
    assert "secret" not in "".join(answer.text for answer in answers)
    assert left(tmp_path) == []


def test_uploads_of_one_name_at_once_are_all_answered(tmp_path):
    async def main():
        async with running(data=tmp_path, admin_keys=(ADMIN,)) as (_, client):
            client.headers["X-API-Key"] = ADMIN
            bodies = [CSV, CSV, CSV + b"more,calm\n", CSV + b"more,calm\n"]
            answers = await asyncio.gather(*[client.put("/datasets/a", content=body) for body in bodies])
            return sorted(answer.status_code for answer in answers), (await client.get("/datasets/a")).json()

    statuses, found = asyncio.run(main())
    assert statuses == [200, 200, 201, 201]
    assert len(found["versions"]) == 2
