"""Alerts and dashboard: about metrics that exist, and the same in the chart and in the component."""

import json
import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from relay.github.outcome import Delivered
from relay.metrics import Metrics
from relay.outbox.protocol import Backlog
from tests.deploy import rendering
from tests.deploy.rendering import CHART, KUSTOMIZE

FILES = CHART / "files"
COMPONENT = KUSTOMIZE / "components" / "monitoring"
GROUPS = yaml.safe_load((FILES / "alerts.yaml").read_text())["groups"]
ALERTS = [pytest.param(rule, id=rule["alert"]) for group in GROUPS for rule in group["rules"]]
DASHBOARD = json.loads((FILES / "dashboard.json").read_text())
PANELS = [pytest.param(panel, id=panel["title"]) for panel in DASHBOARD["panels"]]


@pytest.fixture(scope="module")
def exposed() -> dict[str, set[str]]:
    """The metrics that a relay exposes, with their labels: read from what it would tell Prometheus."""
    metrics = Metrics()
    metrics.count_refusal(401)
    metrics.record_reload("tokens", successful=True)
    metrics.count_attempt(Delivered(), events=1, seconds=0.1)
    text = metrics.exposition(Backlog(waiting=1, oldest=0.0, dead=0), now=1.0).decode()
    samples: dict[str, set[str]] = {}
    for name, labels in re.findall(r"^(\w+)(?:\{(.*)\})? ", text, re.MULTILINE):
        samples.setdefault(name, set()).update(re.findall(r'(\w+)="', labels))
    return samples


def check_expression(expression: str, exposed: dict[str, set[str]]) -> None:
    metrics = set(re.findall(r"\brelay_\w+", expression))
    assert metrics
    assert metrics - exposed.keys() == set()
    grouped = {label.strip() for labels in re.findall(r"by \(([^)]*)\)", expression) for label in labels.split(",")}
    labels = {"namespace", "job"}.union(*(exposed[metric] for metric in metrics))
    assert grouped - labels == set()


@pytest.mark.parametrize("rule", ALERTS)
def test_an_alert_is_about_metrics_that_the_relay_exposes(rule: dict[str, Any], exposed: dict[str, set[str]]) -> None:
    check_expression(rule["expr"], exposed)


@pytest.mark.parametrize("rule", ALERTS)
def test_an_alert_tells_what_it_means_and_only_with_labels_that_it_has(rule: dict[str, Any]) -> None:
    assert rule["labels"]["severity"] in ("critical", "warning")
    assert {"summary", "description"} <= rule["annotations"].keys()
    used = set(re.findall(r"\$labels\.(\w+)", str(rule["annotations"])))
    grouped = {label.strip() for labels in re.findall(r"by \(([^)]*)\)", rule["expr"]) for label in labels.split(",")}
    assert used - grouped == set()


@pytest.mark.parametrize("panel", PANELS)
def test_a_panel_is_about_metrics_that_the_relay_exposes(panel: dict[str, Any], exposed: dict[str, set[str]]) -> None:
    assert panel["targets"]
    for target in panel["targets"]:
        check_expression(target["expr"], exposed)


def test_the_component_has_the_alerts_of_the_chart() -> None:
    rule = yaml.safe_load((COMPONENT / "prometheusrule.yaml").read_text())
    assert rule["spec"]["groups"] == GROUPS


def test_the_component_has_the_dashboard_of_the_chart() -> None:
    assert (COMPONENT / "dashboard.json").read_bytes() == (FILES / "dashboard.json").read_bytes()


def test_the_component_renders_what_the_chart_renders(tmp_path: Path) -> None:
    resources = [KUSTOMIZE / "overlays" / "inside"]
    component = rendering.composition(tmp_path, resources=resources, components=[COMPONENT])
    switches = {name: {"enabled": True} for name in ("serviceMonitor", "prometheusRule", "dashboard")}
    chart = rendering.helm({**rendering.helm_values("inside"), **switches})
    for kind in ("ServiceMonitor", "PrometheusRule"):
        assert rendering.of_kind(component, kind)["spec"] == rendering.of_kind(chart, kind)["spec"]
    dashboards = [rendering.of_kind(objects, "ConfigMap") for objects in (component, chart)]
    contents = [json.loads(dashboard["data"]["falco-dispatch.json"]) for dashboard in dashboards]
    assert contents == [DASHBOARD, DASHBOARD]
    assert [dashboard["metadata"]["labels"]["grafana_dashboard"] for dashboard in dashboards] == ["1", "1"]
    assert dashboards[0]["metadata"]["name"] == dashboards[1]["metadata"]["name"]
