"""Prometheus's and Grafana's files: whether they ask for what the service says, where compose starts it."""

import asyncio
import dataclasses
import json
import re
import shutil
import subprocess
from itertools import pairwise

import pytest
import yaml

from app.settings import Settings
from tests.app.fakes import fake_serving, running
from tests.app.metrics.scraping import samples
from tests.deploy.compose import compose
from tests.deploy.paths import DEPLOY
from tests.deploy.promql import grouped_by, selectors

PROMETHEUS, GRAFANA = DEPLOY / "prometheus", DEPLOY / "grafana"
HEALTH = re.compile(r"^(/v2)?/health/")
OF_PROMETHEUS = {"instance", "job", "le"}
VARIABLES = {"$instance": ".*", "$route": ".*", "$__rate_interval": "1m"}


def alerts():
    (group,) = yaml.safe_load((PROMETHEUS / "alerts.yml").read_text())["groups"]
    return {rule["alert"]: rule for rule in group["rules"]}


def dashboard():
    return json.loads((GRAFANA / "dashboards" / "tercet.json").read_text())


def queries():
    """Each expression of the dashboard with its legend, variables filled in."""
    content = dashboard()
    targets = [target for panel in content["panels"] for target in panel.get("targets", ())]
    found = [(target["expr"], target["legendFormat"]) for target in targets]
    found += [(note["expr"], note["textFormat"]) for note in content["annotations"]["list"]]
    return [(filled(expression), legend) for expression, legend in found]


def filled(expression):
    for name, value in VARIABLES.items():
        expression = expression.replace(name, value)
    assert "$" not in expression
    return expression


def expressions():
    return [rule["expr"] for rule in alerts().values()] + [expression for expression, _ in queries()]


@pytest.fixture(scope="module")
def exported(tmp_path_factory):
    """Of each metric of the service, the labels and the values of these that it gives."""
    found: dict[str, dict[str, set[str]]] = {"up": {}}
    for name, labels in asyncio.run(scrape(tmp_path_factory.mktemp("data"))):
        values = found.setdefault(name, {})
        for label, value in labels:
            values.setdefault(label, set()).add(value)
    return found


async def scrape(folder):
    """The samples of a service that has done a little of everything."""
    fake = fake_serving()
    metrics = {"confusion": [[450, 50], [50, 450]], "rows": 1000, "unknown_share": 0.2}
    manifest = fake.bundle.manifest.model_copy(update={"metrics": metrics})
    serving = dataclasses.replace(fake, bundle=dataclasses.replace(fake.bundle, manifest=manifest))
    async with running(lambda *_: serving, data=folder) as (_, client):
        for path in ("/health/live", "/health/ready", "/v2/health/ready"):
            await client.get(path)
        await client.post("/predict", json={"texts": ["one what", "three two"] * 50})
        return samples((await client.get("/metrics")).text)


def test_every_metric_that_is_asked_for_is_exported_with_the_labels_that_are_asked_for(exported):
    asked = [selector for expression in expressions() for selector in selectors(expression)]
    assert len(asked) > 40
    for name, matchers in asked:
        assert name in exported, name
        labels = exported[name].keys() | OF_PROMETHEUS
        assert labels >= {label for label, _, _ in matchers}, name


def test_values_that_are_asked_for_are_among_those_that_there_can_be(exported):
    fixed = {"outcome", "state", "known", "agrees", "of"}
    for expression in expressions():
        for name, matchers in selectors(expression):
            for label, operator, value in matchers:
                if label in fixed:
                    assert operator == "="
                    assert value in exported[name][label], f"{name}: {label}={value}"


def test_groups_and_legends_are_of_labels_that_there_are(exported):
    for expression, legend in [*((rule["expr"], "") for rule in alerts().values()), *queries()]:
        names = {name for name, _ in selectors(expression)}
        labels = OF_PROMETHEUS.union(*(exported[name] for name in names))
        assert grouped_by(expression) <= labels, expression
        assert set(re.findall(r"\{\{(\w+)\}\}", legend)) <= labels, expression


def test_probes_are_told_from_requests_by_routes_that_there_are(exported):
    probes = {route for route in exported["tercet_requests_total"]["route"] if HEALTH.match(route)}
    assert probes == {"/health/live", "/health/ready", "/v2/health/ready"}
    patterns = {
        value
        for expression in expressions()
        for name, matchers in selectors(expression)
        for label, operator, value in matchers
        if label == "route" and operator == "!~"
    }
    assert patterns
    for pattern in patterns:
        assert all(re.fullmatch(pattern, probe) for probe in probes)
        assert not re.fullmatch(pattern, "/predict")


def test_the_queue_is_measured_by_its_limit():
    assert (
        f"({Settings.model_fields['queue_limit'].default} * tercet_processes)"
        in alerts()["TercetQueueNearlyFull"]["expr"]
    )


@pytest.mark.promtool
def test_promtool_takes_the_configuration_and_the_alerts():
    promtool("check", "config", "--lint=all", "--lint-fatal", str(PROMETHEUS / "prometheus.yml"))


@pytest.mark.promtool
def test_alerts_fire_where_something_is_wrong_and_not_where_nothing_is():
    file = DEPLOY.parent / "tests" / "deploy" / "alerts.yml"
    promtool("test", "rules", str(file))
    tested = set(re.findall(r"\bTercet\w+", file.read_text()))
    assert tested == set(alerts())


@pytest.mark.promtool
def test_promtool_takes_every_expression_of_the_dashboard(tmp_path):
    rules = [{"record": f"panel:{number}", "expr": expression} for number, (expression, _) in enumerate(queries())]
    file = tmp_path / "panels.yml"
    file.write_text(yaml.safe_dump({"groups": [{"name": "panels", "rules": rules}]}))
    assert f"{len(rules)} rules found" in promtool("check", "rules", str(file))


def promtool(*arguments):
    command = [shutil.which("promtool") or "promtool", *arguments]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_prometheus_looks_for_replicas_by_the_name_and_the_port_that_compose_gives_them():
    (tercet,) = (
        config["dns_sd_configs"][0]
        for config in yaml.safe_load((PROMETHEUS / "prometheus.yml").read_text())["scrape_configs"]
        if config["job_name"] == "tercet"
    )
    (name,) = tercet["names"]
    services = compose()["services"]
    assert services[name]["environment"]["TERCET_PORT"] == tercet["port"]
    assert name in services["replica"]["networks"]["default"]["aliases"]


def test_grafana_finds_prometheus_and_the_dashboard_where_compose_has_them():
    services = compose()["services"]
    mounts = dict(volume.split(":")[:2] for volume in services["grafana"]["volumes"])
    assert mounts["./deploy/grafana/provisioning"] == "/etc/grafana/provisioning"
    (provider,) = yaml.safe_load((GRAFANA / "provisioning" / "dashboards" / "tercet.yml").read_text())["providers"]
    assert mounts["./deploy/grafana/dashboards"] == provider["options"]["path"]
    (source,) = yaml.safe_load((GRAFANA / "provisioning" / "datasources" / "prometheus.yml").read_text())["datasources"]
    host, port = source["url"].removeprefix("http://").split(":")
    assert services[host]["ports"][0].endswith(f":{port}")


def test_the_dashboard_has_each_panel_in_a_place_of_its_own():
    panels = dashboard()["panels"]
    assert len({panel["id"] for panel in panels}) == len(panels)
    places = sorted((p["gridPos"]["y"], p["gridPos"]["x"], p["gridPos"]["w"], p["gridPos"]["h"]) for p in panels)
    for (y, x, width, height), (next_y, next_x, _, _) in pairwise(places):
        assert x + width <= 24
        assert next_x >= x + width if next_y == y else next_y >= y + height
