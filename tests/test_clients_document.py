"""Every example of docs/clients.md, run against the service as it starts for the first time."""

import contextlib
import json
import re
import shlex
import subprocess
import sys
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import numpy as np
import playwright
import pytest

from model.bundle import GRAPH, verify
from model.registry import Registry
from tests.app.process import client_of
from tests.clients import environment

ROOT = Path(__file__).parents[1]
CLIENTS = (ROOT / "docs" / "clients.md").read_text(encoding="utf-8")
COMMANDS = re.findall(r"```console\n\$ (curl .*?)\n```\n\n```json\n(.*?)```", CLIENTS, re.DOTALL)
NODE = Path(playwright.__file__).parent / "driver" / "node"
"""Comes with Playwright, which drives itself by it."""
LONGEST_S = 120
TEXTS = ["The old house stood on the cliff.", "Étude: a storm — over the sea.", "😀"]


def block(language: str, name: str) -> str:
    """The one example in a language that has a name in it."""
    codes: list[str] = re.findall(rf"```{language}\n(.*?)```", CLIENTS, re.DOTALL)
    (found,) = [code for code in codes if name in code]
    return found


def defined(name: str) -> dict[str, Any]:
    """What a Python example defines."""
    names: dict[str, Any] = {}
    exec(block("python", name), names)
    return names


def near(value: Any) -> Any:
    """Equal to a value that is printed with four digits. How texts are batched shows in the seventh."""
    if isinstance(value, dict):
        return {name: near(each) for name, each in value.items()}
    if isinstance(value, list):
        return [near(each) for each in value]
    return pytest.approx(value, abs=5e-5) if isinstance(value, float) else value


@pytest.fixture(scope="module")
def service(first_start):
    """Nothing is set, and the data folder was empty."""
    return first_start[0]


@pytest.fixture(scope="module")
def predictions(service):
    """What the native route says of `TEXTS`."""
    with client_of(service) as client:
        return client.post("/predict", json={"texts": TEXTS}).json()["predictions"]


@contextlib.contextmanager
def busy(service) -> Iterator[tuple[str, list[int]]]:
    """The address of what refuses every other request before it asks the service, and the statuses it has answered."""
    statuses: list[int] = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self):
            body = self.rfile.read(int(self.headers["Content-Length"]))
            if len(statuses) % 2 == 0:
                status, content = 429 if len(statuses) % 4 else 503, b"{}"
            else:
                with client_of(service) as client:
                    answer = client.post(self.path, content=body)
                status, content = answer.status_code, answer.content
            statuses.append(status)
            self.send_response(status)
            self.send_header("Retry-After", "0")
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *_):
            """Not to standard error."""

    server = HTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}", statuses
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@pytest.mark.parametrize(
    ("command", "printed"), COMMANDS, ids=[command.partition(":8000")[2][:40] for command, _ in COMMANDS]
)
def test_curl_is_answered_as_printed(service, command, printed):
    words = shlex.split(command.replace("http://127.0.0.1:8000", service.url))
    done = subprocess.run(words, capture_output=True, timeout=LONGEST_S, check=True)
    assert json.loads(done.stdout) == near(json.loads(printed))


def test_httpx_comes_back_where_it_is_refused(service, predictions):
    with busy(service) as (url, statuses):
        assert list(defined("import httpx")["classify"](TEXTS, url)) == near(predictions)
    assert statuses == [503, 200]


def test_requests_comes_back_where_it_is_refused(service, predictions):
    with busy(service) as (url, statuses), defined("HTTPAdapter")["session"]() as session:
        for text, prediction in zip(TEXTS[:2], predictions, strict=False):
            assert session.post(f"{url}/predict", json={"text": text}, timeout=30).json() == near(prediction)
    assert statuses == [503, 200, 429, 200]


def test_javascript_comes_back_where_it_is_refused_and_reads_streams(service, predictions):
    code = block("js", "async function classify") + block("js", "async function* stream")
    call = """
        const [url, busy, texts] = process.argv.slice(2).map((each) => JSON.parse(each));
        const many = Array.from({ length: 2500 }, (_, n) => texts[n % texts.length]);
        const streamed = [];
        for await (const answer of stream(many, url)) streamed.push(answer);
        const refused = await classify([""], url).catch((error) => error.message);
        console.log(JSON.stringify({ classified: await classify(texts, busy), streamed, refused }));
    """
    with busy(service) as (url, statuses):
        arguments = [json.dumps(each) for each in (service.url, url, TEXTS)]
        command: list[str | Path] = [NODE, "--input-type=module", "-", *arguments]
        done = subprocess.run(
            command, input=code + call, capture_output=True, text=True, timeout=LONGEST_S, check=False
        )
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)
    assert told["classified"] == near(predictions)
    assert told["streamed"] == near([predictions[n % len(TEXTS)] for n in range(2500)])
    assert told["refused"] == "422: texts[0] is blank"
    assert statuses == [503, 200]


@pytest.mark.clients
def test_kserves_client_gets_probabilities_by_v1(service, predictions):
    call = "import json, sys\nprint(json.dumps(asyncio.run(predict(sys.argv[1], sys.argv[2], sys.argv[3:]))))"
    program = block("python", "async def predict") + call
    command: list[str | Path] = [environment.interpreter(), "-c", program, service.url, "spooky-authors", *TEXTS]
    done = subprocess.run(command, capture_output=True, text=True, timeout=LONGEST_S, check=False)
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout) == near([list(each["probabilities"].values()) for each in predictions])


STRANGER = """
import json, sys
import tensorflow as tf
from tensorflow.core.protobuf.saved_model_pb2 import SavedModel
from tensorflow.python.framework import op_def_registry

def told(folder, ids):
    with open(f"{folder}/saved_model.pb", "rb") as file:
        (graph,) = SavedModel.FromString(file.read()).meta_graphs
    functions = graph.graph_def.library.function
    nodes = [*graph.graph_def.node, *(node for function in functions for node in function.node_def)]
    signature = graph.signature_def["serving_default"]
    serve = tf.saved_model.load(folder, tags=["serve"]).signatures["serving_default"]
    return {
        "tags": list(graph.meta_info_def.tags),
        "method": signature.method_name,
        "tensors": {
            name: [tf.dtypes.as_dtype(tensor.dtype).name, [dimension.size for dimension in tensor.tensor_shape.dim]]
            for name, tensor in [*signature.inputs.items(), *signature.outputs.items()]
        },
        "strange": sorted({node.op for node in nodes if op_def_registry.get(node.op) is None}),
        "python": sorted({node.op for node in nodes if "PyFunc" in node.op or node.op.startswith("Xla")}),
        "devices": sorted({node.device for node in nodes}),
        "answer": {name: tensor.numpy().tolist() for name, tensor in serve(ids=tf.constant(ids, tf.int32)).items()},
    }

print(json.dumps([told(folder, ids) for folder, ids in json.load(sys.stdin)]))
"""
"""What TensorFlow Serving sees: the tag, the signature, the operations."""


def test_the_bundles_are_stock_graphs_that_answer_as_the_service_does(first_start, predictions, tmp_path):
    registry = Registry(first_start[1] / "models")
    bundles = [verify(registry.path("spooky-authors", version)) for version in (1, 2)]
    ids = [bundle.encoder.encode(TEXTS)[0] for bundle in bundles]
    told = stranger([(str(bundle.folder), rows.tolist()) for bundle, rows in zip(bundles, ids, strict=True)], tmp_path)
    for bundle, each in zip(bundles, told, strict=True):
        assert (each["tags"], each["method"]) == (["serve"], "tensorflow/serving/predict")
        length = bundle.manifest.sequence_length
        assert each["tensors"] == {"ids": ["int32", [-1, length]], "probabilities": ["float32", [-1, 3]]}
        assert each["strange"] == each["python"] == []
        assert [device for device in each["devices"] if "GPU" in device] == []
        assert list(each["answer"]) == ["probabilities"]
    served = [list(each["probabilities"].values()) for each in predictions]
    np.testing.assert_allclose(told[1]["answer"]["probabilities"], served, atol=1e-5)


def stranger(given, elsewhere):
    """What a process says that finds nothing of Tercet's code, of each folder and the ids to ask its graph."""
    done = subprocess.run(
        [sys.executable, "-c", STRANGER],
        input=json.dumps(given),
        cwd=elsewhere,
        env={"PATH": "", "CUDA_VISIBLE_DEVICES": "-1"},
        capture_output=True,
        text=True,
        timeout=LONGEST_S,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_a_models_folder_is_a_base_path_of_tensorflow_serving(first_start):
    """It takes children whose names are whole numbers for versions, and passes over the others."""
    home = first_start[1] / "models" / "spooky-authors"
    numbers = {path.name for path in home.iterdir() if re.fullmatch(r"[+-]?\d+", path.name)}
    assert numbers == {"1", "2"}
    for number in numbers:
        assert {GRAPH, "variables", "assets.extra"} <= {path.name for path in (home / number).iterdir()}
