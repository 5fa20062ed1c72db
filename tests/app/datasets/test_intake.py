import asyncio
import json
import sys

import pytest
from starlette.requests import ClientDisconnect

from app import pipeline_command
from app.datasets.intake import Columns, Intake
from app.datasets.store import DatasetStore
from app.errors import PipelineError, UnsupportedFormatError
from app.storage.database import Database
from tests.app.datasets.uploads import CSV, facts, request_of
from tests.app.fakes import settings


@pytest.fixture
def intake(tmp_path):
    found = settings(data=tmp_path)
    database = Database(tmp_path)
    yield Intake(found, DatasetStore(database, found.datasets_folder))
    database.close()


@pytest.fixture
def check(monkeypatch):
    """Puts Python code in the place of the check; its arguments are in `sys.argv`."""

    def replace(code):
        result = json.dumps({"event": "result"} | facts())
        monkeypatch.setattr(pipeline_command, "COMMAND", (sys.executable, "-c", f"{code}\nprint({result!r})"))

    return replace


def test_the_check_gets_the_file_and_the_columns_that_were_named(intake, check, tmp_path):
    check(f"import sys; open({str(tmp_path / 'said')!r}, 'w').write('\\n'.join(sys.argv[1:]))")
    version, created = asyncio.run(intake.take(request_of(CSV, stays=True), "a", Columns("-t", None)))
    assert created
    command, as_json, ends, data, column = (tmp_path / "said").read_text().split("\n")
    assert (command, as_json, ends, column) == ("check", "--json", "--end-with-stdin", "--text-column=-t")
    assert data.startswith(f"--data={tmp_path / 'datasets'}/.upload-")
    assert data.endswith(".csv")
    assert (tmp_path / "datasets" / version.file).read_bytes() == CSV


def test_checks_run_one_at_a_time(intake, check, tmp_path):
    check(
        f"import os, time; path = {str(tmp_path / 'busy')!r}\n"
        "os.close(os.open(path, os.O_CREAT | os.O_EXCL)); time.sleep(0.2); os.unlink(path)"
    )

    async def main():
        return await asyncio.gather(*[intake.take(request_of(CSV, stays=True), name, Columns()) for name in "abc"])

    assert [created for _, created in asyncio.run(main())] == [True] * 3


def test_a_client_that_leaves_while_others_are_checked_leaves_nothing(intake, check, tmp_path):
    check("import time; time.sleep(0.5)")

    async def main():
        first = asyncio.create_task(intake.take(request_of(CSV, stays=True), "a", Columns()))
        with pytest.raises(ClientDisconnect):
            await intake.take(request_of(CSV), "b", Columns())
        await first

    asyncio.run(main())
    assert [path.name for path in (tmp_path / "datasets").iterdir()] == ["a"]


def test_a_check_that_fails_leaves_nothing(intake, check, tmp_path):
    check("raise SystemExit(1)")
    with pytest.raises(PipelineError):
        asyncio.run(intake.take(request_of(CSV, stays=True), "a", Columns()))
    assert [*(tmp_path / "datasets").iterdir()] == []


@pytest.mark.parametrize("content_type", ["multipart/form-data; boundary=x", "Multipart/Mixed"])
def test_a_form_is_refused_before_it_is_read(intake, tmp_path, content_type):
    with pytest.raises(UnsupportedFormatError):
        asyncio.run(intake.take(request_of(None, content_type=content_type), "a", Columns()))
    assert not (tmp_path / "datasets").exists()
