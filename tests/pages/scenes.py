"""Runs of the actions whose pages are worth a look, in a desired state with a shared base and two clusters."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from tests import sidekick
from tests.actions.hosted import Hosted, HostedResponder
from tests.actions.runs import RunResult
from tests.localhub import Hub
from tests.receiver import FluxReceiver

ROOT = Path(__file__).parents[2]
RULES = ".github/falco-response.yaml"
WORKLOADS = ("checkout", "web", "worker", "payments", "ledger")
SHELL = "Terminal shell in container"
_RULES = """\
version: 1
clusters:
  prod: {path: clusters/prod, dispatched-by: [octocat]}
  staging: {path: clusters/staging, dispatched-by: [octocat]}
rules:
  - name: shells
    match: {rules: [Terminal shell in container], priority: ">=Notice"}
    respond: [stop]
  - name: connections
    match: {rules: [Contact K8S API Server From Container]}
    respond: [isolate]
  - name: files
    match: {rules: [Read sensitive file untrusted]}
    respond: [stop]
    mode: pull-request
"""
_DEPLOYMENT = """\
apiVersion: apps/v1
kind: Deployment
metadata: {{name: {name}, namespace: shop}}
spec:
  replicas: 3
  selector: {{matchLabels: {{app: {name}}}}}
  template:
    metadata: {{labels: {{app: {name}}}}}
    spec: {{containers: [{{name: app, image: "registry.example/{name}:1.4"}}]}}
"""
_SYNC = """\
apiVersion: kustomize.toolkit.fluxcd.io/v1
kind: Kustomization
metadata: {{name: apps, namespace: flux-system}}
spec: {{interval: 10m, path: ./apps/{cluster}, prune: true, sourceRef: {{kind: GitRepository, name: flux-system}}}}
"""


@dataclass(frozen=True, kw_only=True)
class Scene:
    """A page by the name of its picture."""

    name: str
    markdown: str


def desired_state(rules: str = _RULES) -> dict[str, bytes]:
    """Return the files of the repository."""
    files = {RULES: rules}
    for name in WORKLOADS:
        files[f"apps/base/{name}/deployment.yaml"] = _DEPLOYMENT.format(name=name)
        files[f"apps/base/{name}/kustomization.yaml"] = "resources: [deployment.yaml]\n"
    resources = "".join(f"  - ../base/{name}\n" for name in WORKLOADS)
    for cluster in ("prod", "staging"):
        files[f"apps/{cluster}/kustomization.yaml"] = f"resources:\n{resources}"
        files[f"clusters/{cluster}/apps.yaml"] = _SYNC.format(cluster=cluster)
    return {name: text.encode() for name, text in files.items()}


def event(workload: str = "checkout", *, rule: str = SHELL, number: int = 1, **fields: Any) -> dict[str, Any]:
    """Return an event as the relay dispatches it, as a Falco of today sees a shell."""
    falco = sidekick.falco_events()["D16"]
    names = {
        "k8s.ns.name": "shop",
        "k8s.pod.name": f"{workload}-77789455d6-m7flp",
        "container.name": "app",
        "container.image.repository": f"registry.example/{workload}",
        "container.image.tag": "1.4",
        "proc.aname[2]": "node",
        "proc.aname[3]": "tini",
        "proc.pname": "sh",
        "proc.cmdline": "bash -i",
    }
    output = falco["output"].replace("alpine-deployment-77789455d6-m7flp", names["k8s.pod.name"])
    sent = {**falco, "rule": rule, "output": output.replace("k8s_ns_name=default", "k8s_ns_name=shop")}
    sent["output_fields"] = {**falco["output_fields"], **names, **fields}
    moment = datetime.now(UTC) - timedelta(seconds=5)
    sent["time"] = f"{moment.isoformat(timespec='microseconds').removesuffix('+00:00')}123Z"
    times = {
        "relayaccepted": (moment + timedelta(seconds=0.6)).isoformat(timespec="milliseconds"),
        "relaydispatched": (moment + timedelta(seconds=0.9)).isoformat(timespec="milliseconds"),
    }
    return sidekick.cloudevent(sent, event_id=f"1c9e5b1f-{number:04}", cluster="prod", **times) | {"coalesced": 12}


@contextmanager
def _responder(folder: Path, rules: str = _RULES) -> Iterator[tuple[HostedResponder, Hosted]]:
    with Hub.start(folder / "hub", action_source=ROOT) as hub:
        hosted = Hosted(hub, desired_state(rules))
        responder = HostedResponder(hub, hosted, folder / "runner")
        run = {"GITHUB_SHA": hosted.log("%H")[0], "GITHUB_RUN_ID": "8127340912"}
        responder.environ = {**responder.environ, **run, "GITHUB_SERVER_URL": "https://github.com"}
        yield responder, hosted


def all_scenes(folder: Path) -> Iterator[Scene]:
    """Run the actions, each in a repository of its own, and yield what they wrote."""
    runs: Mapping[str, Callable[[HostedResponder], RunResult]] = {
        "refused": lambda responder: responder.dispatch(event("ghost")),
        "batch-of-5": lambda responder: responder.dispatch(*_batch()),
        "isolate": lambda responder: responder.dispatch(
            event(rule="Contact K8S API Server From Container", **_CONNECTION)
        ),
        "dry-run": lambda responder: responder.dispatch(event(), mode="dry-run"),
        "flux-waits": lambda responder: responder.dispatch(event("web")),
    }
    with FluxReceiver.start(type="generic-hmac", token="token") as receiver:
        with_flux = {"receiver_url": receiver.url, "receiver_token": "token", "verify": "auto"}
        with _responder(folder / "contained") as (responder, _):
            contained = responder.dispatch(event(), **with_flux)
            yield Scene(name="contained", markdown=contained.summary)
            yield Scene(name="contained-unfolded", markdown=contained.summary)
            token = {"token": responder.token, "environment": ""}
            restored = responder.restore(commit=contained.outputs["commit"], **with_flux, **token)
            yield Scene(name="restore", markdown=restored.summary)
            yield Scene(name="restore-unknown", markdown=responder.restore(event="4711", **token).summary)
    for name, run in runs.items():
        with _responder(folder / name) as (responder, _):
            yield Scene(name=name, markdown=run(responder).summary)
    with _responder(folder / "pull-request") as (responder, hosted):
        proposed = responder.dispatch(event(rule="Read sensitive file untrusted", **_FILE))
        yield Scene(name="pull-request", markdown=proposed.summary)
        (pull,) = hosted.repository.pull_requests
        yield Scene(name="pull-request-body", markdown=f"# {pull.title}\n\n{pull.body}")
    with _responder(folder / "broken-rules", _RULES.replace("respond: [stop]", "respnd: [stop]")) as (responder, _):
        yield Scene(name="broken-rules", markdown=responder.dispatch(event()).summary)
    with _responder(folder / "check") as (responder, _):
        yield Scene(name="check", markdown=responder.check().summary)


_FILE: dict[str, Any] = {"fd.name": "/etc/shadow"}
_CONNECTION: dict[str, Any] = {"fd.name": "10.42.8.48:35662->10.96.0.1:443"}


def _batch() -> list[dict[str, Any]]:
    """Return five events: three workloads, one of them twice, and a pod that nobody declares."""
    return [
        event("checkout", number=1),
        event("web", number=2),
        event("checkout", number=3, **{"proc.cmdline": "bash -c id"}),
        event("ghost", number=4),
        event("payments", number=5, rule="Contact K8S API Server From Container", **_CONNECTION),
    ]
