"""Alerts and dashboard: about metrics that exist, and the same in the chart and in the component."""

import json
import re
from pathlib import Path
from typing import Any

import promql_parser
import pytest
import yaml

from relay.github.outcome import Delivered
from relay.metrics import Metrics
from relay.outbox.protocol import Backlog
from tests.deploy import rendering
from tests.deploy.rendering import CHART, KUSTOMIZE, ROOT

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
    promql_parser.parse(
        expression.replace("$__rate_interval", "5m")
    )  # raises ValueError; Grafana replaces its variable
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


@pytest.mark.parametrize("rule", ALERTS)
def test_an_alert_links_its_runbook(rule: dict[str, Any]) -> None:
    page = f"docs/runbooks/{rule['alert']}.md"
    assert rule["annotations"]["runbook_url"] == f"https://github.com/falco-dispatch/falco-dispatch/blob/main/{page}"
    text = (ROOT / page).read_text()
    assert text.startswith(f"# {rule['alert']}\n")
    assert re.findall(r"^## (.*)$", text, re.MULTILINE) == ["What it means", "What is at stake", "What to do"]


def test_no_runbook_is_left_without_an_alert() -> None:
    pages = {path.stem for path in (ROOT / "docs" / "runbooks").glob("*.md")}
    assert pages == {rule["alert"] for group in GROUPS for rule in group["rules"]}


def test_an_expression_that_prometheus_cannot_parse_is_noticed(exposed: dict[str, set[str]]) -> None:
    with pytest.raises(ValueError, match="parenthesis"):
        check_expression("max by (namespace (relay_backlog_events)", exposed)


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
