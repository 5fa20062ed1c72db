"""What compose makes of the files: profiles, the GPU, and that every service is as closed as the next."""

import re
from pathlib import Path

import pytest

from tests.docker.compose import ROOT, Project

pytestmark = pytest.mark.docker

SERVICES = {
    "": {"api", "worker"},
    "postgres": {"api", "worker", "postgres"},
    "scale": {"api", "worker", "replica", "balancer"},
    "monitoring": {"api", "worker", "prometheus", "grafana"},
}
OURS = {"api", "worker", "replica"}
ALL = tuple(filter(None, SERVICES))
URL = "postgresql://tercet:a-password@postgres/tercet"
GPU = ("docker-compose.yml", "docker-compose.gpu.yml")


@pytest.fixture
def project(tmp_path):
    return Project(tmp_path)


def services(project, *profiles):
    return project.config(*profiles)["services"]


def databases(found):
    return {found[name]["environment"]["TERCET_DATABASE_URL"] for name in OURS & set(found)}


@pytest.mark.parametrize("profile", SERVICES)
def test_a_profile_adds_its_services(project, profile):
    assert set(services(project, *filter(None, [profile]))) == SERVICES[profile]


def test_every_service_is_closed_limited_and_watched(project):
    for name, service in services(project, *ALL).items():
        assert service["cap_drop"] == ["ALL"], name
        assert service["security_opt"] == ["no-new-privileges:true"], name
        assert service["read_only"], name
        assert service["init"], name
        assert int(service["mem_limit"]) > 0, name
        assert 0 < service["pids_limit"] <= 512, name
        assert service["restart"] == "unless-stopped", name
        assert service["stop_grace_period"], name
        assert "healthcheck" in service or name in {"api", "replica"}, name  # these have the image's
        assert not {"privileged", "cap_add", "network_mode", "pid"} & set(service), name


def test_images_of_others_are_pinned(project):
    for name, service in services(project, *ALL).items():
        pattern = r"tercet:ci" if name in OURS else r"[a-z/]+:v?\d+\.\d+(\.\d+)?"
        assert re.fullmatch(pattern, service["image"]), service["image"]


def test_one_image_is_built_for_all_and_asked_of_no_registry(project):
    found = services(project, *ALL)
    assert [name for name, service in found.items() if "build" in service] == ["api"]
    assert {name for name, service in found.items() if service.get("pull_policy") == "never"} == OURS


def test_ports_are_open_to_this_machine_alone_unless_told_otherwise(project):
    published = {
        name: [(port["host_ip"], port["target"]) for port in service.get("ports", [])]
        for name, service in services(project, *ALL).items()
    }
    assert {name: ports for name, ports in published.items() if ports} == {
        "api": [("127.0.0.1", 8000)],
        "balancer": [("127.0.0.1", 8080)],
        "prometheus": [("127.0.0.1", 9090)],
        "grafana": [("127.0.0.1", 3000)],
    }


@pytest.mark.parametrize(("publish", "address"), [("0.0.0.0:80", ("0.0.0.0", "80")), ("8001", (None, "8001"))])
def test_the_port_can_be_chosen(tmp_path, publish, address):
    (port,) = services(Project(tmp_path, variables={"TERCET_PUBLISH": publish}))["api"]["ports"]
    assert (port.get("host_ip"), port["published"]) == address


def test_the_grace_period_is_longer_than_the_drain(project):
    assert {service["stop_grace_period"] for name, service in services(project).items()} == {"45s"}


@pytest.mark.parametrize("profiles", [["postgres"], ["postgres", "scale"]])
def test_a_password_puts_all_of_it_onto_postgres(tmp_path, profiles):
    (tmp_path / ".env").write_text("POSTGRES_PASSWORD=a-password\n", encoding="utf-8")
    found = services(Project(tmp_path), *profiles)
    assert databases(found) == {URL}
    assert found["postgres"]["environment"]["POSTGRES_PASSWORD"] == "a-password"
    for name in OURS & set(found):
        assert found[name]["depends_on"]["postgres"]["condition"] == "service_healthy"


def test_without_one_there_is_no_database_elsewhere_nor_a_password(project):
    found = services(project, "postgres")
    assert databases(found) == {""}
    assert found["postgres"]["environment"]["POSTGRES_PASSWORD"] == ""


def test_a_database_of_ones_own_goes_to_all(tmp_path):
    (tmp_path / ".env").write_text("TERCET_DATABASE_URL=postgresql://db.example/tercet\n", encoding="utf-8")
    assert databases(services(Project(tmp_path), "scale")) == {"postgresql://db.example/tercet"}


def test_settings_of_the_file_reach_all_but_those_of_the_container(tmp_path):
    (tmp_path / ".env").write_text("TERCET_LOG_FORMAT=json\nTERCET_PORT=1\nTERCET_DATA=/elsewhere\n", encoding="utf-8")
    for name, service in services(Project(tmp_path), "scale").items():
        if name in OURS:
            chosen = {key: service["environment"][key] for key in ("TERCET_LOG_FORMAT", "TERCET_PORT", "TERCET_DATA")}
            assert chosen == {"TERCET_LOG_FORMAT": "json", "TERCET_PORT": "8000", "TERCET_DATA": "/data"}
            assert service["environment"]["TERCET_WORKER"] == "none"


def test_replicas_share_the_models_and_a_name(tmp_path):
    found = services(Project(tmp_path, variables={"TERCET_REPLICAS": "4"}), "scale")
    assert found["replica"]["deploy"]["replicas"] == 4
    assert found["replica"]["networks"]["default"]["aliases"] == ["api"]
    volumes = [found[name]["volumes"] for name in sorted(OURS)]
    assert volumes[0] == volumes[1] == volumes[2]


def test_what_is_mounted_is_in_the_checkout():
    mounted = [
        Path(volume["source"])
        for service in services(Project(ROOT), *ALL).values()
        for volume in service.get("volumes", [])
        if volume["type"] == "bind"
    ]
    assert mounted
    assert [path for path in mounted if not path.exists()] == []


def test_the_gpu_goes_to_what_computes_with_an_image_of_its_own(tmp_path):
    found = services(Project(tmp_path, GPU), "scale")
    for name in OURS:
        (device,) = found[name]["deploy"]["resources"]["reservations"]["devices"]
        assert (device["driver"], device["count"]) == ("nvidia", 1)
        assert "gpu" in device["capabilities"]
        assert found[name]["image"] == "tercet:ci-gpu"
        assert found[name]["environment"]["TERCET_DEVICE"] == "gpu"
        assert found[name]["read_only"]
    assert found["api"]["build"]["args"] == {"LOCK": "gpu"}
