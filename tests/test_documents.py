"""What the documents say is true: examples answer as printed, figures are those of a file, links lead somewhere."""

import json
import re
import shlex
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from model.bundle import MANIFEST
from tests.app.process import client_of

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")
EXPLAIN = (ROOT / "docs" / "explain.md").read_text(encoding="utf-8")
STREAMING = (ROOT / "docs" / "streaming.md").read_text(encoding="utf-8")
CARD = ROOT / "assets" / "bundles" / "spooky-authors" / "README.md"
DOCUMENTS = sorted(
    [*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md"), *ROOT.glob("assets/**/*.md"), *ROOT.glob("examples/*.md")]
)


def example(path: str) -> tuple[str, str]:
    """README's curl command for a path, and the JSON that is printed after it."""
    blocks = re.findall(r"```console\n\$ (curl .*?)\n```\n\n(?:[^`\n]+\n\n)?```json\n(.*?)```", README, re.DOTALL)
    (found,) = [(command, answer) for command, answer in blocks if f":8000{path}" in command]
    return found


def asked(service, command: str) -> Any:
    """What the service answers to a curl command that posts JSON."""
    words = shlex.split(command)
    (url,) = [word for word in words if word.startswith("http:")]
    with client_of(service) as client:
        return client.post(url.partition(":8000")[2], content=words[words.index("-d") + 1]).json()


def missing(part: Any, whole: Any, place: str = "") -> list[str]:
    """Places where `part` is no part of `whole`: of an object some members, of a list of objects some, in order."""
    if isinstance(part, dict):
        return [fault for key in part for fault in missing(part[key], whole.get(key), f"{place}/{key}")]
    if isinstance(part, list) and part and isinstance(part[0], dict):
        rest = iter(whole)
        return [f"{place}/{n}" for n, one in enumerate(part) if not any(not missing(one, other) for other in rest)]
    if isinstance(part, list | float):
        return [] if whole == pytest.approx(part, abs=5e-4) else [place]
    return [] if whole == part else [place]


@pytest.fixture(scope="module")
def service(first_start):
    """The service as `make serve` starts it for the first time: nothing set, an empty data folder."""
    return first_start[0]


def test_a_first_start_serves_the_bundle_that_ships(service):
    with client_of(service) as client:
        assert client.get("/model").json()["name"] == "spooky-authors"
        assert client.get("/health/ready").json()["model"] == {"name": "spooky-authors", "version": 2}
    assert "Ready: spooky-authors 2" in service.log()


def test_the_readme_example_answers_as_printed(service):
    command, answer = example("/predict")
    given, printed = asked(service, command), json.loads(answer)
    assert given.pop("probabilities") == pytest.approx(printed.pop("probabilities"), abs=5e-4)
    assert given == printed


def test_the_explanation_in_the_readme_is_part_of_what_is_answered(service):
    command, answer = example("/explain")
    given, printed = asked(service, command), json.loads(answer)
    assert list(printed) == ["layers", "attributions", "phrases", "ngrams", "what_if"]
    assert missing(printed, given) == []


def test_every_part_of_the_guide_to_explanations_is_part_of_what_is_answered(service):
    (command,) = re.findall(r"```console\n\$ (curl .*?)\n```", EXPLAIN)
    given = asked(service, command)
    shown: set[str] = set()
    for block in re.findall(r"```json\n(.*?)```", EXPLAIN, re.DOTALL):
        printed = json.loads(block)
        assert missing(printed, given) == []
        shown |= set(printed)
    assert shown == {"tokens", "layers", "attributions", "phrases", "filters", "ngrams", "parts", "what_if"}
    assert set(given) - shown == set(re.findall(r"`(prediction|label|label_names)` ", EXPLAIN))


def test_the_guide_to_explanations_is_right_about_sizes_and_sums(service):
    (command,) = re.findall(r"```console\n\$ (curl .*?)\n```", EXPLAIN)
    full, summary = asked(service, command), asked(service, command.replace("/explain ", "/explain?detail=summary "))
    assert len(json.dumps(full)) / len(json.dumps(summary)) == pytest.approx(10, abs=1)
    found = full["attributions"]
    assert sum(found["values"]) == pytest.approx(found["logit"] - found["baseline_logit"], abs=found["gap"] + 1e-6)
    assert {token["position"] for token in full["tokens"][-2:]} == {82, 83}


def test_the_lines_of_a_stream_are_answered_as_printed(service):
    lines, printed = re.findall(r"```json\n(.*?)```", STREAMING, re.DOTALL)
    with client_of(service) as client:
        given = client.post("/predict/stream", content=lines).text
    for answer, expected in zip(given.splitlines(), printed.splitlines(), strict=True):
        one, other = json.loads(answer), json.loads(expected)
        assert one.pop("probabilities", None) == pytest.approx(other.pop("probabilities", None), abs=5e-4)
        assert json.dumps(one) == json.dumps(other)  # the order of the members too


def test_the_python_client_of_streams_works_for_more_than_the_buffers_hold(service):
    (code,) = re.findall(r"```python\n(.*?)```", STREAMING, re.DOTALL)
    names: dict[str, Any] = {}
    exec(code, names)
    address = urlsplit(service.url)
    texts = ("house " * (n % 500 + 1) for n in range(5000))
    answers = names["classify"](texts, address.hostname, address.port)
    assert [answer["tokens"]["total"] for answer in answers] == [n % 500 + 1 for n in range(5000)]


@pytest.mark.parametrize("version", ["1", "2"])
def test_a_bundle_that_ships_fits_into_12_mb(version):
    files = [path for path in (CARD.parent / version).rglob("*") if path.is_file()]
    assert (CARD.parent / version / MANIFEST) in files
    assert sum(path.stat().st_size for path in files) <= 12_000_000


def test_the_figures_of_the_readme_are_those_that_were_measured():
    measured = json.loads((ROOT / "benchmarks" / "results.json").read_text(encoding="utf-8"))
    for comparison in measured["comparisons"]:
        assert f"{comparison['ratio']:.2f} of" in README or f"{comparison['ratio']:.3f} of" in README
    serving = json.loads((ROOT / "benchmarks" / "serving.json").read_text(encoding="utf-8"))
    tercet = serving["load"]["servers"]["tercet"]["by_connections"]["32"]
    peers = [serving["peers"]["servers"][name]["by_connections"]["32"] for name in ("mlserver", "litserve", "bentoml")]
    assert f"{tercet['ratio']:.2f} of the answers a second" in README
    assert f"{min(peer['behind_tercet'] for peer in peers):.1f} times" in README
    assert f"{serving['network']['batches']['32']['tercet']['ratio']:.2f} of ONNX Runtime's time" in README
    assert f"{serving['start']['on one core']['ratio']:.2f} of the time of `import tensorflow`" in README
    assert f"{serving['memory']['ratio']:.2f} of the memory" in README


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_every_link_inside_the_repository_leads_somewhere(document):
    text = document.read_text(encoding="utf-8")
    for target in re.findall(r"\]\((?!https?:|#)([^)#]+)", text):
        assert (document.parent / target).exists(), target
    for anchor in re.findall(r"\]\(#([^)]+)\)", text):
        headings = [re.sub(r"[^\w -]", "", line.lstrip("# ")).replace(" ", "-").lower() for line in text.splitlines()]
        assert anchor in headings
