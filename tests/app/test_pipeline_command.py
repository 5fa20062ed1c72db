import asyncio
import json
import os
import sys
import time

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from app import pipeline_command
from app.errors import BodyTooLargeError, PipelineError, PipelineMissingError, RefusedFileError
from app.logs.formats import JsonFormatter
from tests.app.fakes import settings

RESULT = '{"event": "result", "answer": 42}'


@pytest.fixture
def command(monkeypatch):
    """Puts Python code in the place of the pipeline."""

    def replace(code):
        monkeypatch.setattr(pipeline_command, "COMMAND", (sys.executable, "-c", code))

    return replace


def run(*arguments, **options):
    return asyncio.run(pipeline_command.run(*(arguments or ("check",)), **options))


def test_the_result_is_what_the_command_said_last(command):
    command(f'print(\'{{"event": "note", "message": "m"}}\'); print(\'no event\'); print(\'{RESULT}\')')
    assert run() == {"answer": 42}


def test_the_real_command_line_answers():
    assert run("presets", "--json")["default"] == "accurate"


def test_arguments_reach_the_command(command):
    command("import sys, json; print(json.dumps({'event': 'result', 'all': sys.argv[1:]}))")
    assert run("check", "--data=a b", "-x") == {"all": ["check", "--data=a b", "-x"]}


def test_a_file_that_is_refused_says_all_that_is_wrong_with_it(tmp_path):
    path = tmp_path / "a.csv"
    path.write_text("a,b\n1,2\n")
    with pytest.raises(RefusedFileError) as error:
        run("check", "--json", f"--data={path}")
    assert [problem.kind for problem in error.value.problems] == ["missing_column", "missing_column"]
    assert str(error.value) == "The file cannot be used; it has 2 problems."


def test_another_failure_says_its_message(command):
    command('print(\'{"event": "error", "message": "out of memory"}\'); raise SystemExit(1)')
    with pytest.raises(PipelineError, match="`check` failed: out of memory"):
        run()


@pytest.mark.parametrize(
    ("code", "how"),
    [
        ("raise SystemExit(3)", "exit code 3"),
        ("import os; os.kill(os.getpid(), 9)", "signal 9: out of memory, or somebody killed it"),
        ("pass", "exit code 0"),
    ],
)
def test_a_death_without_a_word_is_an_error_and_its_last_words_go_to_the_log(command, caplog, code, how):
    command(f"import sys; sys.stderr.write('x' * 100_000 + 'the end'); sys.stderr.flush(); {code}")
    with pytest.raises(PipelineError) as error:
        run()
    assert how in str(error.value)
    (record,) = caplog.records
    assert "the end" not in JsonFormatter(texts=False).format(record)
    assert json.loads(JsonFormatter(texts=True).format(record))["stderr"].endswith("the end")
    assert len(caplog.text) < 5000


def test_a_command_that_takes_too_long_is_killed(command, tmp_path):
    command(f"import os, time; open({str(tmp_path / 'pid')!r}, 'w').write(str(os.getpid())); time.sleep(600)")
    with pytest.raises(PipelineError, match="took more than 2 s"):
        run(timeout_s=2)
    assert not alive(int((tmp_path / "pid").read_text()))


def test_a_caller_that_is_cancelled_leaves_no_process(command, tmp_path):
    pid_file = tmp_path / "pid"
    command(f"import os, time; open({str(pid_file)!r}, 'w').write(str(os.getpid())); time.sleep(600)")

    async def main():
        task = asyncio.create_task(pipeline_command.run("check"))
        await asyncio.to_thread(wait_for, pid_file)
        task.cancel()
        await asyncio.wait([task])
        assert task.cancelled()

    asyncio.run(main())
    assert not alive(int(pid_file.read_text()))


def test_a_command_gets_no_more_memory_than_allowed(command):
    command(f"import time; time.sleep(0.3); bytes(2 << 30); print('{RESULT}')")
    assert run() == {"answer": 42}
    with pytest.raises(PipelineError):
        run(memory_bytes=1 << 30)


def test_a_small_file_of_more_rows_than_fit_into_memory_is_refused(tmp_path):
    rows = pa.table({"text": ["the same text"] * 1_000_000, "label": ["calm", "storm"] * 500_000})
    with pq.ParquetWriter(tmp_path / "a.parquet", rows.schema) as file:
        for _ in range(20):
            file.write_table(rows)
    assert (tmp_path / "a.parquet").stat().st_size < 1_000_000
    with pytest.raises(BodyTooLargeError, match="more than 1,024 MiB of memory"):
        run("check", "--json", f"--data={tmp_path / 'a.parquet'}", memory_bytes=1 << 30)


def test_serving_goes_before_a_command(command):
    command('import time, os; time.sleep(0.3); print(\'{"event": "result", "nice": %d}\' % os.nice(0))')
    assert run()["nice"] >= 10


def test_a_command_learns_no_secret_and_runs_the_same_code_wherever_it_is(command, monkeypatch, tmp_path):
    for name in ("TERCET_API_KEYS", "TERCET_ADMIN_KEYS", "TERCET_DATABASE_URL", "tercet_queue_url"):
        monkeypatch.setenv(name, "secret")
    (tmp_path / "training.py").write_text("raise ZeroDivisionError")
    monkeypatch.chdir(tmp_path)
    assert run("presets", "--json")["default"] == "accurate"
    variables = pipeline_command.environment(settings(training_threads=3))
    assert "secret" not in variables.values()
    assert variables["OMP_NUM_THREADS"] == "3"
    assert variables["PATH"] == os.environ["PATH"]
    assert "OMP_NUM_THREADS" not in set(pipeline_command.environment(settings(training_threads=0))) - set(os.environ)


def test_where_the_pipeline_is_not_installed_the_error_says_what_to_install(monkeypatch):
    assert pipeline_command.available()
    monkeypatch.setattr(pipeline_command, "_STACK", ("training", "nowhere_to_be_found"))
    assert not pipeline_command.available()
    with pytest.raises(PipelineMissingError, match=r"nowhere_to_be_found is not installed.*tercet\[train\]"):
        run()


def wait_for(file):
    deadline = time.monotonic() + 30
    while not file.exists() or not file.read_text():
        assert time.monotonic() < deadline
        time.sleep(0.01)


def alive(pid):
    deadline = time.monotonic() + 5
    while time.monotonic() < deadline:
        try:
            os.kill(pid, 0)
        except ProcessLookupError:
            return False
        time.sleep(0.01)
    return True
