from benchmarks.wrk import Load, parse, script

OUTPUT = """Running 4s test @ http://127.0.0.1:8000
  1 threads and 64 connections
Requests/sec:   2000.50
{"requests": 8000, "seconds": 4.000000, "p50_ms": 31.500000, "p99_ms": 60.250000, "refused": 3, "broken": 1}
"""


def test_what_the_script_prints_last_is_read():
    assert parse(OUTPUT) == Load(requests_a_second=2000.0, p50_ms=31.5, p99_ms=60.25, refused=3, broken=1)


def test_a_run_without_an_answer_has_no_percentiles():
    load = parse('{"requests": 0, "seconds": 4.0, "p50_ms": 0, "p99_ms": 0, "refused": 0, "broken": 0}')
    assert (load.requests_a_second, load.p50_ms, load.p99_ms) == (0.0, float("inf"), float("inf"))


def test_the_script_holds_each_body_as_it_is():
    bodies = [b'{"text": "it\\u0027s \\n"}', b'{"text": "]=] ends a bracket of that level"}']
    text = script(bodies, "/predict")
    assert f"[=[{bodies[0].decode()}]=], [==[{bodies[1].decode()}]==]" in text
    assert "[=[/predict]=]" in text
    assert '"requests": %d' in text
