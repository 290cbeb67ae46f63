"""`make try REPO=folder`: what would become of an event in every workload of a desired-state repository.

The workloads are those that the repository's own rendering declares. Each gets a shell in a pod of its own, one after
the other; the rendering of everything afterwards has to differ in the responses and in nothing else.
"""

import json
import sys
import tempfile
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from responder.errors import NotRendered
from responder.falco import cloudevent
from responder.falco.event import Event
from responder.gitops.checkout import Checkout
from responder.gitops.flux.desired_state import DesiredState
from responder.plan import planner
from responder.plan.outcome import Outcome
from responder.plan.plan import Plan
from responder.proof import kustomize_build
from responder.proof.prover import kustomize_prover
from responder.proof.render_target import RenderTarget
from responder.proof.rendered import ObjectKey
from responder.publish.work_tree import WorkTree
from responder.rules import parser
from tests import sidekick
from tests.actions.gitops import everything, oracle

# What follows a workload's name in the names of its pods; five random characters follow what ends in a dash.
SUFFIXES = {
    "Deployment": "-77789455d6-",
    "Rollout": "-77789455d6-",
    "HelmRelease": "-77789455d6-",
    "StatefulSet": "-0",
    "DaemonSet": "-",
    "ReplicaSet": "-",
    "ReplicationController": "-",
    "Job": "-",
    "CronJob": "-29385720-",
    "Pod": "",
}

Rendered = dict[tuple[str, ObjectKey], Mapping[str, Any]]  # by cluster and object


class UsageError(Exception):
    """The folder to try cannot be tried: what is wrong, the likely cause, and what to do."""


def main() -> int:
    """Print the figures; return 1 if an edit was wrong, 2 if there is nothing to try."""
    try:
        root = desired_state(sys.argv[1:])
    except UsageError as error:
        print(f"make try: {error}", file=sys.stderr)
        return 2
    checkout = WorkTree(root).checkout()
    desired = everything.read_whole(checkout, {})
    clusters = [cluster.cluster for cluster in desired.clusters if cluster.flux_kustomizations]
    folders = render_targets(desired)
    old, unrendered = rendered(folders)
    workloads = [key for key in old if key[1][1] in SUFFIXES]
    plan = respond(checkout, clusters, [shell(*key, old[key]) for key in workloads])
    # What was in a folder may have gone from it, so that no workload leads there any more.
    new, _ = rendered(render_targets(everything.read_whole(changed(checkout, plan), {}), earlier=folders))
    wrong = list(differing(old, new, plan))
    print(f"{len(clusters)} clusters, {len(checkout.manifests)} YAML files, {len(workloads)} workloads rendered")
    for label, number in Counter(map(sort, plan.outcomes)).most_common():
        print(f"{number:6} {label}")
    print(f"{len(wrong):6} wrong")
    for line in (*(f"not rendered: {failure}" for failure in unrendered), *wrong):
        print(f"       {line}")
    if "-v" in sys.argv:
        for key, outcome in zip(workloads, plan.outcomes, strict=True):
            print(f"{outcome.verdict:10} {key[0]}: {key[1][1]} {key[1][2]}/{key[1][3]}: {outcome.reason}")
    return 1 if wrong else 0


def desired_state(arguments: list[str]) -> Path:
    """Return the folder that the arguments name. Raise UsageError if it cannot be read or rendered."""
    name = arguments[0] if arguments else ""
    if not name:
        raise UsageError("it needs a desired-state repository. Call it with its folder: make try REPO=../desired-state")
    root = Path(name)
    if not root.exists():
        raise UsageError(
            f"there is no folder {name} in {Path.cwd()}. Set REPO to a clone of a desired-state repository"
        )
    if not root.is_dir():
        raise UsageError(
            f"{name} is a file. Set REPO to the folder of a desired-state repository, such as {root.parent}"
        )
    if oracle.KUSTOMIZE is None:
        raise UsageError(
            "it renders with kustomize, which is neither in .tools/bin nor on the PATH. Install Go, with which it is"
            " built by itself, or kustomize: https://kubectl.docs.kubernetes.io/installation/kustomize/"
        )
    return root


def respond(checkout: Checkout, clusters: list[str], events: list[Event]) -> Plan:
    """All events as one batch, every response proved."""
    content = {
        "version": 1,
        "clusters": {name: {"path": name} for name in clusters},
        "limits": {"responses-per-hour": 1_000_000},
        "rules": [{"name": "all", "match": {"rules": ["*"]}, "respond": ["stop"]}],
    }
    ruleset = parser.parse(json.dumps({key: value for key, value in content.items() if value}).encode(), name="rules")
    with kustomize_prover(required=False) as prover:
        return planner.plan_responses(events, ruleset, checkout, prover=prover)


def shell(cluster: str, key: ObjectKey, declared: Mapping[str, Any]) -> Event:
    """A shell in a pod of the workload."""
    _, kind, namespace, name = key
    if kind == "HelmRelease":
        spec = declared.get("spec") or {}
        target = spec.get("targetNamespace")
        name = spec.get("releaseName") or (f"{target}-{name}" if target else name)
        namespace = target or namespace
    falco = sidekick.falco_events()["E02"]
    stem = name + SUFFIXES[kind]
    pod = f"{stem[:58]}m7flp" if stem.endswith("-") else stem  # Kubernetes cuts the stem off there
    fields = {**falco["output_fields"], "k8s.ns.name": namespace or "default", "k8s.pod.name": pod}
    sent = {**falco, "output_fields": fields}
    return cloudevent.parse(sidekick.cloudevent(sent, event_id="1", cluster=cluster))


def render_targets(desired: DesiredState, earlier: Iterable[RenderTarget] = ()) -> list[RenderTarget]:
    """Return all folders that clusters apply, and those that they applied earlier."""
    again = [replace(target, tree=desired.tree(target.source)) for target in earlier]
    return list(dict.fromkeys([*(RenderTarget.of(item, desired) for item in desired.objects), *again]))


def rendered(folders: Iterable[RenderTarget]) -> tuple[Rendered, list[str]]:
    """All objects of all clusters, and the folders that do not render."""
    rendering: Rendered = {}
    failed: list[str] = []
    with tempfile.TemporaryDirectory() as temporary:
        renderers: dict[str, kustomize_build.Renderer] = {}
        for folder in folders:
            if folder.source not in renderers:
                root = Path(temporary, str(len(renderers)))
                root.mkdir()
                renderers[folder.source] = kustomize_build.Renderer(root, str(oracle.KUSTOMIZE))
            try:
                objects = renderers[folder.source].render_target(folder)
                rendering |= {(folder.cluster, key): manifest for key, manifest in objects.items()}
            except NotRendered as error:
                failed.append(f"{folder}: {error}")
    return rendering, failed


def changed(checkout: Checkout, plan: Plan) -> Checkout:
    """The checkout with the plan carried out."""
    removed = {str(path) for path, data in plan.files.items() if data is None}
    unchanged = {path: data for path, data in checkout.manifests.items() if path not in removed}
    new = {str(path): data for path, data in plan.files.items() if data is not None}
    return Checkout(manifests={**unchanged, **new}, other_files=checkout.other_files, links=checkout.links)


def differing(old: Rendered, new: Rendered, plan: Plan) -> Iterator[str]:
    """What differs in the rendering and is no contained workload."""
    contained = {(r.event.cluster, r.workload.kind, r.workload.name) for r in plan.responses}
    scalers = {"HorizontalPodAutoscaler", "ScaledObject", "Kustomization"}
    for where in sorted(old.keys() | new.keys()):
        cluster, (_, kind, namespace, name) = where
        if old.get(where) != new.get(where) and (cluster, kind, name) not in contained and kind not in scalers:
            yield f"{cluster}: {kind} {namespace}/{name}"


def sort(outcome: Outcome) -> str:
    """What a verdict is counted as."""
    if outcome.response and outcome.response.proof:
        return ", ".join(dict.fromkeys([outcome.verdict, outcome.response.proof.standing]))
    return f"{outcome.verdict}: {outcome.reason.partition(':')[0]}"


if __name__ == "__main__":
    sys.exit(main())
