"""Charts are rendered as helm-controller renders them, once, and a chart that cannot be had is told with its reason."""

import io
import shutil
import tarfile
import threading
from collections.abc import Iterator, Mapping
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from itertools import count
from pathlib import Path
from typing import Any

import pytest

from responder.errors import NotFound
from responder.gitops.workloads import locate
from responder.gitops.workloads.target import Target
from responder.kubernetes.pod_names import Pod
from responder.plan import planner
from responder.plan.outcome import Outcome
from responder.proof import helm_chart, sandbox
from responder.proof.helm_chart import HelmCharts, helm_charts
from responder.proof.prover import kustomize_prover
from responder.rules import parser
from tests.actions.plan.targets import checkout_of, manifest
from tests.actions.plan.test_planner import RULES, shell

pytestmark = pytest.mark.skipif(shutil.which("helm") is None, reason="no helm: `make setup` builds it where Go is")

CHART = {"apiVersion": "v2", "name": "web", "version": "1.2.3"}
DEPLOYMENT = """\
apiVersion: apps/v1
kind: Deployment
metadata: {name: "{{ .Values.name | default .Release.Name }}"}
spec: {replicas: 2, template: {metadata: {labels: {app: a}}}}
"""
FLUX_SYSTEM = {"kind": "GitRepository", "name": "flux-system"}


def release(spec: Mapping[str, Any] | None = None, *, chart: str = "./charts/web", source: Any = FLUX_SYSTEM) -> Any:
    template = {"spec": {"chart": chart, "sourceRef": source}}
    return {**manifest("HelmRelease"), "spec": {"chart": template, **(spec or {})}}


def tree(*objects: Any, template: str = DEPLOYMENT, chart: Mapping[str, Any] = CHART) -> dict[str, Any]:
    """Return a desired state with a chart, a release, and other objects."""
    files = {"charts/web/Chart.yaml": chart, "charts/web/values.yaml": {}, "charts/web/templates/web.yaml": template}
    return {**files, "apps.yaml": list(objects or [release()])}


def target(files: Mapping[str, Any], charts: HelmCharts, pod: str = "web-77789455d6-m7flp") -> Target:
    return locate.locate(checkout_of(files), subject=Pod(namespace="shop", name=pod), charts=charts)


def respond(files: Mapping[str, Any], charts: HelmCharts, pod: str = "web-77789455d6") -> Outcome:
    rules = parser.parse(RULES, name="rules")
    with kustomize_prover(required=True) as prover:
        plan = planner.plan_responses(
            [shell(pod, suffix="m7flp")], rules, checkout_of(files), prover=prover, charts=charts
        )
    return plan.outcomes[0]


@pytest.fixture
def charts() -> Iterator[HelmCharts]:
    with helm_charts() as renderer:
        yield renderer


def test_a_chart_is_rendered_once_as_long_as_its_files_and_values_stay(
    charts: HelmCharts, monkeypatch: pytest.MonkeyPatch
) -> None:
    commands: list[str] = []

    def counted(command: list[str], **options: Any) -> sandbox.Result:
        commands.append(command[1])
        return run(command, **options)

    run = sandbox.run
    monkeypatch.setattr(sandbox, "run", counted)
    other_values, other_files = tree(release({"values": {"a": 1}})), tree(template=DEPLOYMENT + "#")
    for files, number in ((tree(), 1), (tree(), 1), (other_values, 2), (other_files, 3)):
        assert target(files, charts).is_rendered
        assert len(commands) == number


@pytest.mark.parametrize(
    ("objects", "chart", "reason"),
    [
        pytest.param([release(chart="./charts/api")], CHART, "there is no chart in ./charts/api", id="no such folder"),
        pytest.param([release(chart="../web")], CHART, "there is no chart in ../web", id="out of the repository"),
        pytest.param(
            [release()],
            CHART | {"dependencies": [{"name": "common", "version": "1", "repository": "https://charts.example"}]},
            "the chart common, which charts/web depends on, is not in the repository",
            id="a chart that it depends on",
        ),
        pytest.param(
            [release({"valuesFrom": [{"kind": "ConfigMap", "name": "values"}]})],
            CHART,
            "its values come from ConfigMap shop/values, which the repository does not declare",
            id="values of a ConfigMap that is not there",
        ),
        pytest.param(
            [release({"valuesFrom": [{"kind": "Secret", "name": "values"}]})],
            CHART,
            "its values come from Secret shop/values, which the repository does not show",
            id="values of a Secret",
        ),
        pytest.param(
            [release(source={"kind": "HelmRepository", "name": "charts"})],
            CHART,
            "its chart is in HelmRepository charts, which the repository does not declare",
            id="a repository that is not declared",
        ),
        pytest.param([release()], {"apiVersion": "v2", "name": "web"}, "helm fails", id="no chart"),
    ],
)
def test_a_chart_that_cannot_be_had_is_told_with_its_reason(
    objects: list[Any], chart: Mapping[str, Any], reason: str, charts: HelmCharts
) -> None:
    located = target(tree(*objects, chart=chart), charts)
    assert not located.is_rendered
    assert reason in located.unrendered


def test_without_helm_names_decide_and_the_reason_says_what_to_install(tmp_path: Path) -> None:
    assert "there is no helm on the PATH: install helm" in target(tree(), HelmCharts(None, None, tmp_path)).unrendered


def test_a_release_of_another_namespace_is_not_rendered(charts: HelmCharts) -> None:
    other = {**release(), "metadata": {"name": "web", "namespace": "other"}}
    with pytest.raises(NotFound):
        target(tree(other), charts)
    assert charts._rendered == {}


def test_optional_values_that_are_not_there_are_none(charts: HelmCharts) -> None:
    spec = {"valuesFrom": [{"kind": "ConfigMap", "name": "values", "optional": True}]}
    assert target(tree(release(spec)), charts).is_rendered


def test_values_of_the_release_come_after_those_of_its_config_maps(charts: HelmCharts) -> None:
    data = {"values.yaml": "name: first", "more": "{name: second, map: {a: 1}}"}
    config = {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": {"name": "values", "namespace": "shop"},
        "data": data,
    }
    first, second = (
        {"kind": "ConfigMap", "name": "values"},
        {"kind": "ConfigMap", "name": "values", "valuesKey": "more"},
    )
    for references, values, name in (
        ([first], {}, "first"),
        ([first, second], {}, "second"),
        ([second, first], {}, "first"),
        ([first, second], {"name": "last"}, "last"),
    ):
        files = tree(release({"valuesFrom": references, "values": values}), config)
        (workload,) = target(files, charts, f"{name}-77789455d6-m7flp").chart_workloads
        assert workload.name == name


def test_a_chart_that_makes_two_owners_is_refused_by_their_names(charts: HelmCharts) -> None:
    two = DEPLOYMENT + "---\n" + DEPLOYMENT.replace("Deployment", "Rollout").replace("apps/v1", "argoproj.io/v1alpha1")
    outcome = respond(tree(template=two), charts)
    assert "Deployment shop/web of apps.yaml" in outcome.reason
    assert "Rollout shop/web of apps.yaml" in outcome.reason


def test_a_response_that_would_change_another_object_of_the_chart_is_refused(charts: HelmCharts) -> None:
    twin = DEPLOYMENT + "---\n" + DEPLOYMENT.replace('}}"}', '}}", namespace: other}')
    outcome = respond(tree(template=twin), charts)
    assert "Deployment other/web of chart ./charts/web would change, which is not the response" in outcome.reason


def test_a_response_that_changes_nothing_of_the_chart_is_refused(charts: HelmCharts) -> None:
    outcome = respond(tree(template=DEPLOYMENT.replace("replicas: 2", "replicas: 0")), charts)
    assert "the commit would do nothing to Deployment shop/web" in outcome.reason


def test_the_proof_says_what_the_chart_makes_and_shows_the_difference(charts: HelmCharts) -> None:
    outcome = respond(tree(), charts)
    assert outcome.response is not None
    assert outcome.response.proof is not None
    assert (
        "Deployment shop/web is the only difference in what chart ./charts/web makes" in outcome.response.proof.reason
    )
    assert "-  replicas: 2\n+  replicas: 0" in outcome.rendered


@pytest.fixture
def repository(tmp_path: Path) -> Iterator[str]:
    """Serve a chart repository; yield its address."""
    folder = tmp_path / "charts"
    folder.mkdir()
    with tarfile.open(folder / "web-1.2.3.tgz", "w:gz") as archive:
        for path, text in {"Chart.yaml": str(CHART), "values.yaml": "{}", "templates/web.yaml": DEPLOYMENT}.items():
            entry = tarfile.TarInfo(f"web/{path}")
            entry.size = len(text)
            archive.addfile(entry, io.BytesIO(text.encode()))
    entry_of_index = {**CHART, "urls": ["web-1.2.3.tgz"]}
    (folder / "index.yaml").write_text(str({"apiVersion": "v1", "entries": {"web": [entry_of_index]}}))
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=str(folder)))
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


class Quiet(SimpleHTTPRequestHandler):
    """Serves files without a log."""

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the name that the base class gives it
        """Log nothing."""


def helm_repository(url: str, **spec: Any) -> dict[str, Any]:
    metadata = {"name": "charts", "namespace": "shop"}
    head = {"apiVersion": "source.toolkit.fluxcd.io/v1", "kind": "HelmRepository", "metadata": metadata}
    return {**head, "spec": {"url": url, **spec}}


ELSEWHERE = {"kind": "HelmRepository", "name": "charts"}


def test_a_chart_of_a_repository_is_fetched_once_and_rendered(repository: str, charts: HelmCharts) -> None:
    files = {"apps.yaml": [release(chart="web", source=ELSEWHERE), helm_repository(repository)]}
    assert target(files, charts).is_rendered
    files = {
        "apps.yaml": [release({"values": {"name": "x"}}, chart="web", source=ELSEWHERE), helm_repository(repository)]
    }
    assert "the charts of apps.yaml:1" in respond(files, charts).reason
    assert len(charts._packages) == 1


def test_a_response_to_a_fetched_chart_is_proved(repository: str, charts: HelmCharts) -> None:
    files = {"apps.yaml": [release(chart="web", source=ELSEWHERE), helm_repository(repository)]}
    outcome = respond(files, charts)
    assert outcome.verdict == "contained"


@pytest.mark.parametrize(
    ("spec", "reason"),
    [
        ({"secretRef": {"name": "x"}}, "which needs a credential"),
        ({"url": "file:///etc"}, "whose address or version is not fetched"),
        ({"url": "http://127.0.0.1:1"}, "its chart web of http://127.0.0.1:1 cannot be fetched: helm fails"),
    ],
)
def test_a_chart_that_cannot_be_fetched_is_told_with_its_reason(
    spec: Mapping[str, Any], reason: str, charts: HelmCharts
) -> None:
    declaration = helm_repository(**{"url": "https://charts.example", **spec})
    located = target({"apps.yaml": [release(chart="web", source=ELSEWHERE), declaration]}, charts)
    assert not located.is_rendered
    assert reason in located.unrendered


def test_no_chart_is_rendered_after_the_time_for_all_of_them(tmp_path: Path) -> None:
    clock = count(0.0, 61.0)
    charts = HelmCharts(shutil.which("helm"), shutil.which("kustomize"), tmp_path, clock=lambda: next(clock))
    assert target(tree(), charts).is_rendered
    assert "charts took more than 60 s" in target(tree(release({"values": {"a": 1}})), charts).unrendered
    assert target(tree(), charts).is_rendered


@pytest.mark.parametrize("chart", ["-x", "../x", "a b"])
def test_a_name_that_is_no_chart_is_not_passed_on(chart: str, repository: str, charts: HelmCharts) -> None:
    files = {"apps.yaml": [release(chart=chart, source=ELSEWHERE), helm_repository(repository)]}
    assert "a name that is not fetched" in target(files, charts).unrendered
    assert charts._packages == {}


def test_a_chart_that_takes_too_long_is_given_up(charts: HelmCharts, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(helm_chart, "_TIMEOUT", 0.0)
    assert "helm took more than 0 s" in target(tree(), charts).unrendered


def test_values_are_merged_at_every_depth() -> None:
    from responder.gitops.workloads.release_values import merged

    base = {"a": {"b": 1, "c": [1]}, "d": 1}
    assert merged(base, {"a": {"b": None, "c": [2]}, "e": {}}) == {"a": {"b": None, "c": [2]}, "d": 1, "e": {}}
    assert merged({"a": 1}, {"a": {"b": 1}}) == {"a": {"b": 1}}
