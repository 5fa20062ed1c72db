"""deploy/ray: what Ray itself says of its files, and whether what they name is there."""

import json
import subprocess
import sys

import pytest
import yaml

from app.leaving import delay_s
from app.settings import PREFIX, Settings
from tests.app.cluster.serving import DEPLOY, config, nodes
from tests.app.fakes import settings

_READ = """
import sys, json, yaml
from ray.serve._private import constants
from ray.serve._private.utils import import_attr
from ray.serve.schema import ServeDeploySchema
read = ServeDeploySchema.model_validate(yaml.safe_load(open(sys.argv[1])))
(application,) = read.applications
(deployment,) = application.deployments
bound = import_attr(application.import_path)
variables = application.runtime_env["env_vars"]
(middleware,) = import_attr(variables["RAY_SERVE_HTTP_PROXY_CALLBACK_IMPORT_PATH"])()
policy = import_attr(deployment.autoscaling_config["policy"]["policy_function"])
names = [name for name in sys.argv[2:] if name.startswith("RAY_SERVE_")]
print(json.dumps({
    "deployment": deployment.name == bound._bound_deployment.name,
    "middleware": middleware.cls.__name__,
    "policy": policy.__name__,
    "unknown": [name for name in [*names, *variables] if name[:4] == "RAY_" and not hasattr(constants, name)],
}))
"""


def test_ray_reads_the_configuration_and_finds_what_it_names():
    done = subprocess.run(
        [sys.executable, "-c", _READ, str(DEPLOY / "serve.yaml"), *nodes()],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout.splitlines()[-1])
    assert found == {"deployment": True, "middleware": "Straight", "policy": "by_texts", "unknown": []}


@pytest.fixture
def application():
    (found,) = config(8000)["applications"]
    return found


def test_settings_of_tercet_in_it_are_settings(application):
    names = {name for name in application["runtime_env"]["env_vars"] if name.startswith(PREFIX)}
    assert names <= {f"{PREFIX}{name.upper()}" for name in Settings.model_fields}
    assert application["runtime_env"]["env_vars"]["TERCET_WORKER"] == "none"


def test_a_replica_has_the_time_for_its_end_that_its_requests_may_take(application):
    (deployment,) = application["deployments"]
    given = settings()
    draining_s = float(nodes()["RAY_SERVE_DIRECT_INGRESS_MIN_DRAINING_PERIOD_S"])
    assert deployment["graceful_shutdown_timeout_s"] >= draining_s + given.drain_timeout_s - delay_s(given)
    assert float(nodes()["RAY_SERVE_HAPROXY_HARD_STOP_AFTER_S"]) > given.drain_timeout_s
    assert float(nodes()["RAY_SERVE_HAPROXY_TIMEOUT_CLIENT_S"]) > given.stream_idle_s


def test_the_manifest_for_kuberay_deploys_the_same():
    manifest = yaml.safe_load((DEPLOY / "rayservice.yaml").read_text())
    assert (manifest["apiVersion"], manifest["kind"]) == ("ray.io/v1", "RayService")
    ours = yaml.safe_load((DEPLOY / "serve.yaml").read_text())
    assert yaml.safe_load(manifest["spec"]["serveConfigV2"]) == ours | {"proxy_location": "EveryNode"}
    cluster = manifest["spec"]["rayClusterConfig"]
    for group in (cluster["headGroupSpec"], *cluster["workerGroupSpecs"]):
        (container,) = group["template"]["spec"]["containers"]
        given = {each["name"]: each["value"] for each in container["env"] if "value" in each}
        assert nodes().items() <= given.items()
        assert given["TERCET_DATA"] in {each["mountPath"] for each in container["volumeMounts"]}


def test_nothing_of_ray_is_imported_by_the_service():
    program = "import sys, app.server, app.cluster.replica; print({'ray', 'fsspec'} & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout == "set()\n"
