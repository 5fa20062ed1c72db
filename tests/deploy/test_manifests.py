"""Manifests for Kubernetes: what its schemas say of them, and whether what they name is there."""

import functools
import os
import re
import subprocess

import kubernetes_validate
import pytest
import yaml

from app.application import create_app
from app.assignment import LONGEST_END_S
from app.errors import SettingsError
from app.jobs.lifetime import LONGEST_END_S as LONGEST_END_OF_WORKER_S
from app.settings import PREFIX, Settings
from app.storage.database import Database
from tests.app.fakes import settings
from tests.deploy.conftest import OPTIONAL, OVERLAYS
from tests.deploy.paths import KUBERNETES, ROOT
from tests.deploy.pods import containers, loaded, pods, selected, settings_of

VERSIONS = ("1.28", "1.37")
"""The oldest and the newest Kubernetes that the checker has schemas of."""
CUSTOM = {"PodMonitor": "monitoring.coreos.com/v1"}
"""What operators add; no schema of it is among those of Kubernetes."""

_read_schema = kubernetes_validate.utils.schema_contents

pytestmark = pytest.mark.kubectl
each_overlay = pytest.mark.parametrize("name", OVERLAYS)


@pytest.fixture
def manifests(overlays, name):
    return overlays[name]


@pytest.fixture
def schemas(monkeypatch):
    """Read once: the checker would read megabytes of them anew for each document."""
    monkeypatch.setattr(kubernetes_validate.utils, "schema_contents", _schema_contents)


@functools.cache
def _schema_contents(filename, version):
    return _read_schema(filename, version)


@pytest.mark.parametrize("version", VERSIONS)
@each_overlay
@pytest.mark.usefixtures("schemas")
def test_each_document_is_what_the_schemas_of_kubernetes_ask_for(manifests, version):
    checked = 0
    for document in manifests:
        if document["kind"] in CUSTOM:
            assert document["apiVersion"] == CUSTOM[document["kind"]]
            continue
        kubernetes_validate.validate(document, version, strict=True)
        checked += 1
    assert checked >= 6


def test_the_checker_finds_a_field_that_kubernetes_does_not_know(overlays):
    wrong = yaml.safe_load(yaml.safe_dump(overlays["single"].one("Deployment")))
    wrong["spec"]["template"]["spec"]["containers"][0]["livenesProbe"] = {}
    with pytest.raises(kubernetes_validate.ValidationError, match="livenesProbe"):
        kubernetes_validate.validate(wrong, VERSIONS[-1], strict=True)


@each_overlay
def test_no_name_is_there_twice_and_each_is_in_the_namespace(manifests):
    names = [(each["kind"], each["metadata"]["name"]) for each in manifests]
    assert len(set(names)) == len(names)
    namespace = manifests.one("Namespace")["metadata"]["name"]
    assert {each["metadata"]["namespace"] for each in manifests if each["kind"] != "Namespace"} == {namespace}


@each_overlay
def test_pods_may_do_no_more_than_the_strictest_standard_for_them_allows(manifests):
    assert manifests.one("Namespace")["metadata"]["labels"]["pod-security.kubernetes.io/enforce"] == "restricted"
    for pod in pods(manifests).values():
        spec = pod["spec"]
        assert (
            spec["securityContext"].items()
            >= {
                "runAsNonRoot": True,
                "runAsUser": 10001,
                "seccompProfile": {"type": "RuntimeDefault"},
            }.items()
        )
        assert spec["automountServiceAccountToken"] is False
        assert not {"hostNetwork", "hostPID", "hostIPC"} & spec.keys()
        for container in spec["containers"]:
            context = {
                "allowPrivilegeEscalation": False,
                "readOnlyRootFilesystem": True,
                "capabilities": {"drop": ["ALL"]},
            }
            assert container["securityContext"] == context


def test_pods_run_as_the_user_of_the_image(overlays):
    image = (ROOT / "Dockerfile").read_text()
    for pod in pods(overlays["scaled"]).values():
        context = pod["spec"]["securityContext"]
        assert re.search(rf"--uid {context['runAsUser']}\b", image)
        assert context["runAsGroup"] == context["fsGroup"] == context["runAsUser"]


@each_overlay
def test_each_variable_is_a_setting_and_each_value_is_taken(manifests, name):
    for container in containers(manifests):
        variables = settings_of(manifests, container)
        assert {key.removeprefix(PREFIX).lower() for key in variables} <= set(Settings.model_fields)
        if name != "scaled":  # whose secrets are examples
            loaded(variables)


def test_the_service_gets_no_variables_that_kubernetes_makes_of_other_services(overlays):
    name = overlays["single"].one("Service")["metadata"]["name"]
    assert f"{name.upper()}_PORT" == f"{PREFIX}PORT"
    assert [pod["spec"]["enableServiceLinks"] for pod in pods(overlays["all"]).values()] == [False, False]


def test_examples_of_secrets_let_no_process_start(overlays, tmp_path):
    manifests = overlays["scaled"]
    for container in containers(manifests):
        variables = settings_of(manifests, container)
        secrets = [key for key in variables if key in ("TERCET_ADMIN_KEYS", "TERCET_DATABASE_URL")]
        assert secrets
        for key in secrets:
            with pytest.raises((SettingsError, ValueError), match="no key|no database"):
                Database(tmp_path, loaded({key: variables[key]}).database_url)


@each_overlay
def test_volumes_ports_and_selectors_lead_to_what_is_there(manifests):
    claims = {each["metadata"]["name"] for each in manifests.of("PersistentVolumeClaim")}
    for pod in pods(manifests).values():
        volumes = {volume["name"]: volume for volume in pod["spec"]["volumes"]}
        assert {
            v["persistentVolumeClaim"]["claimName"] for v in volumes.values() if "persistentVolumeClaim" in v
        } == claims
        for container in pod["spec"]["containers"]:
            assert {mount["name"] for mount in container["volumeMounts"]} == set(volumes)
    service = manifests.one("Service")
    assert selected(manifests, service["spec"]["selector"]) == ["tercet-api"]
    (api,) = pods(manifests)["tercet-api"]["spec"]["containers"]
    assert [port["targetPort"] for port in service["spec"]["ports"]] == [port["name"] for port in api["ports"]]
    assert selected(manifests, manifests.one("PodDisruptionBudget")["spec"]["selector"]["matchLabels"]) == [
        "tercet-api"
    ]


@each_overlay
def test_deployments_select_their_own_pods(manifests):
    for deployment in manifests.of("Deployment"):
        labels = deployment["spec"]["selector"]["matchLabels"]
        assert selected(manifests, labels) == [deployment["metadata"]["name"]]
        for constraint in deployment["spec"]["template"]["spec"].get("topologySpreadConstraints", ()):
            assert constraint["labelSelector"]["matchLabels"] == labels


@pytest.fixture(scope="module")
def routes(tmp_path_factory):
    """Every path of the service."""
    return set(create_app(settings(data=tmp_path_factory.mktemp("data"))).openapi()["paths"])


@each_overlay
def test_the_container_listens_where_the_probes_ask(manifests, routes):
    (api,) = pods(manifests)["tercet-api"]["spec"]["containers"]
    variables = settings_of(manifests, api)
    assert api["ports"] == [{"name": "http", "containerPort": int(variables["TERCET_PORT"])}]
    assert variables["TERCET_HOST"] == "0.0.0.0"
    assert variables["TERCET_DATA"] == "/data" in [mount["mountPath"] for mount in api["volumeMounts"]]
    probes = [api[f"{kind}Probe"]["httpGet"] for kind in ("startup", "liveness", "readiness")]
    assert {probe["port"] for probe in probes} == {"http"}
    annotations = pods(manifests)["tercet-api"]["metadata"]["annotations"]
    assert {probe["path"] for probe in probes} == {"/health/live", "/health/ready"} < routes
    assert annotations["prometheus.io/path"] in routes
    assert annotations["prometheus.io/port"] == variables["TERCET_PORT"]


@each_overlay
def test_a_pod_that_ends_has_time_to_drain(manifests):
    spec = pods(manifests)["tercet-api"]["spec"]
    chosen = loaded(manifests.one("ConfigMap", "tercet-settings")["data"])
    embedded_s = LONGEST_END_OF_WORKER_S
    assert spec["terminationGracePeriodSeconds"] > chosen.drain_timeout_s + max(LONGEST_END_S, embedded_s)
    assert 5 <= chosen.drain_delay_s <= chosen.drain_timeout_s / 2  # until balancers have heard of it


def test_one_replica_keeps_its_records_in_a_file_and_is_gone_before_the_next_one_comes(overlays):
    manifests = overlays["single"]
    deployment = manifests.one("Deployment")
    assert deployment["spec"]["strategy"] == {"type": "Recreate"}
    assert manifests.one("PersistentVolumeClaim")["spec"]["accessModes"] == ["ReadWriteOnce"]
    chosen = loaded({"TERCET_WORKER": "embedded", **settings_of(manifests, containers(manifests)[0])})
    assert (chosen.database_url, chosen.worker) == (None, "embedded")
    assert manifests.of("HorizontalPodAutoscaler") == manifests.of("Secret") == []


def test_several_replicas_share_a_volume_a_database_and_keys(overlays):
    manifests = overlays["all"]
    assert manifests.one("PersistentVolumeClaim")["spec"]["accessModes"] == ["ReadWriteMany"]
    api, worker = (settings_of(manifests, container) for container in containers(manifests))
    assert api["TERCET_DATABASE_URL"] == worker["TERCET_DATABASE_URL"]
    assert loaded(api).admin_keys
    assert "TERCET_ADMIN_KEYS" not in worker  # which has no use for them
    assert loaded(api).worker == "none"


def test_the_autoscaler_alone_says_how_many_replicas_there_are(overlays):
    manifests = overlays["scaled"]
    autoscaler = manifests.one("HorizontalPodAutoscaler")["spec"]
    deployment = manifests.one("Deployment", autoscaler["scaleTargetRef"]["name"])
    assert autoscaler["scaleTargetRef"]["apiVersion"] == deployment["apiVersion"]
    assert "replicas" not in deployment["spec"]
    assert deployment["spec"]["strategy"]["rollingUpdate"] == {"maxUnavailable": 0, "maxSurge": 1}
    assert autoscaler["minReplicas"] >= 2
    (metric,) = autoscaler["metrics"]  # a share of what is requested
    assert (
        metric["resource"]["name"] in deployment["spec"]["template"]["spec"]["containers"][0]["resources"]["requests"]
    )


def test_the_worker_touches_the_file_that_its_probes_look_at(overlays, tmp_path):
    (worker,) = pods(overlays["scaled"])["tercet-worker"]["spec"]["containers"]
    spec = pods(overlays["scaled"])["tercet-worker"]["spec"]
    assert worker["args"][:4] == ["python", "-m", "app", "worker"]
    heartbeat = worker["args"][worker["args"].index("--heartbeat") + 1]
    assert worker["startupProbe"]["exec"]["command"] == ["test", "-e", heartbeat]
    *python, code = worker["livenessProbe"]["exec"]["command"]
    assert heartbeat in code
    file = tmp_path / "heartbeat"
    command = [*python, code.replace(heartbeat, str(file))]
    file.touch()
    assert subprocess.run(command, check=False).returncode == 0
    os.utime(file, (0, 0))
    assert subprocess.run(command, check=False).returncode == 1
    assert spec["terminationGracePeriodSeconds"] > LONGEST_END_OF_WORKER_S


def test_policies_let_in_to_the_api_alone_and_out_to_names_and_the_database(overlays):
    manifests = overlays["all"]
    policies = {each["metadata"]["name"]: each["spec"] for each in manifests.of("NetworkPolicy")}
    reach = {name: selected(manifests, spec["podSelector"]["matchLabels"]) for name, spec in policies.items()}
    assert reach == {
        "tercet-api": ["tercet-api"],
        "tercet-worker": ["tercet-worker"],
        "tercet-egress": ["tercet-api", "tercet-worker"],
    }
    assert policies["tercet-api"]["ingress"] == [{"ports": [{"port": "http"}]}]
    assert policies["tercet-worker"]["ingress"] == []
    assert [p["port"] for rule in policies["tercet-egress"]["egress"] for p in rule["ports"]] == [53, 53, 5432]


def test_an_overlay_puts_its_own_secrets_image_and_components_in(overlays):
    manifests = overlays["all"]
    api, worker = containers(manifests)
    assert api["image"] == worker["image"] == "registry.example.org/tercet:7"
    assert [c["resources"]["limits"]["nvidia.com/gpu"] for c in (api, worker)] == [1, 1]
    assert settings_of(manifests, api).items() >= {"TERCET_DEVICE": "gpu", "TERCET_ACCESS_LOG": "true"}.items()
    assert manifests.one("PersistentVolumeClaim")["spec"]["storageClassName"]
    backend = manifests.one("Ingress")["spec"]["rules"][0]["http"]["paths"][0]["backend"]["service"]
    service = manifests.one("Service")
    assert backend["name"] == service["metadata"]["name"]
    assert backend["port"]["name"] in [port["name"] for port in service["spec"]["ports"]]
    monitor = manifests.one("PodMonitor")["spec"]
    assert selected(manifests, monitor["selector"]["matchLabels"]) == ["tercet-api"]
    assert monitor["podMetricsEndpoints"][0]["port"] == api["ports"][0]["name"]


def test_each_component_is_in_an_overlay_of_the_tests(overlays):
    scaled = yaml.safe_load((KUBERNETES / "overlays" / "scaled" / "kustomization.yaml").read_text())["components"]
    used = {path.rpartition("/")[2] for path in scaled} | set(OPTIONAL)
    assert used == {path.name for path in (KUBERNETES / "components").iterdir()}
