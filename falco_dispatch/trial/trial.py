"""Tries a desired-state repository: a shell in each of its workloads, one after the other, and the response to each.

The workloads are those that the repository's own rendering declares. The rendering of everything afterwards must differ
in the responses and in nothing else; what differs besides is a mistake.
"""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from responder.falco.event import Event
from responder.gitops.checkout import Checkout
from responder.plan import planner
from responder.plan.outcome import Outcome
from responder.plan.plan import Plan
from responder.proof.prover import kustomize_prover
from responder.proof.rendered import ObjectKey
from responder.publish.work_tree import WorkTree
from responder.rules import parser

from ..progress import Progress
from .rendering import Rendered, render, render_targets
from .shell import SUFFIXES, shell_event
from .whole_state import read_whole

_SCALERS = {"HorizontalPodAutoscaler", "ScaledObject", "Kustomization"}  # a response to a workload changes these, too


@dataclass(frozen=True, kw_only=True)
class TriedWorkload:
    """A workload of a cluster, and what would become of a shell in it."""

    cluster: str
    key: ObjectKey
    outcome: Outcome


@dataclass(frozen=True, kw_only=True)
class Trial:
    """What a repository has, what would become of it, which folders do not render, and which edits are wrong."""

    clusters: Sequence[str]
    files: int
    workloads: Sequence[TriedWorkload]
    failures: Sequence[str]
    mistakes: Sequence[str]


def try_repository(root: Path, kustomize: str, progress: Progress) -> Trial:
    """Return what would become of a shell in each workload of the repository below `root`."""
    checkout = WorkTree(root).checkout()
    desired = read_whole(checkout, {})
    clusters = [cluster.cluster for cluster in desired.clusters if cluster.flux_kustomizations]
    targets = render_targets(desired)
    rendered_before, failures = render(targets, kustomize, progress)
    workloads = [key for key in rendered_before if key[1][1] in SUFFIXES]
    events = [shell_event(*workload, rendered_before[workload]) for workload in workloads]
    plan = _respond(checkout, clusters, events, progress)
    # What was in a folder may have gone from it, so that no workload leads there any more.
    desired_after = read_whole(_changed(checkout, plan), {})
    rendered_after, _ = render(render_targets(desired_after, earlier=targets), kustomize, progress)
    return Trial(
        clusters=clusters,
        files=len(checkout.manifests),
        workloads=[
            TriedWorkload(cluster=cluster, key=key, outcome=outcome)
            for (cluster, key), outcome in zip(workloads, plan.outcomes, strict=True)
        ],
        failures=failures,
        mistakes=list(find_mistakes(rendered_before, rendered_after, plan)),
    )


def _respond(checkout: Checkout, clusters: list[str], events: list[Event], progress: Progress) -> Plan:
    """Return the plan of all events as one batch, every response proved."""
    content = {
        "version": 1,
        "clusters": {name: {"path": name} for name in clusters},
        "limits": {"responses-per-hour": 1_000_000},
        "rules": [{"name": "all", "match": {"rules": ["*"]}, "respond": ["stop"]}],
    }
    ruleset = parser.parse(json.dumps({key: value for key, value in content.items() if value}).encode(), name="rules")
    with kustomize_prover(required=False) as prover:
        return planner.plan_responses(progress.track("responding", events), ruleset, checkout, prover=prover)


def _changed(checkout: Checkout, plan: Plan) -> Checkout:
    """Return the checkout with the plan carried out."""
    return checkout.with_contents({str(path): data for path, data in plan.files.items()})


def find_mistakes(rendered_before: Rendered, rendered_after: Rendered, plan: Plan) -> Iterator[str]:
    """Yield what differs in the rendering and is no contained workload."""
    contained = {
        (response.event.cluster, response.workload.kind, response.workload.name) for response in plan.responses
    }
    for index in sorted(rendered_before.keys() | rendered_after.keys()):
        cluster, (_, kind, namespace, name) = index
        if rendered_before.get(index) == rendered_after.get(index) or kind in _SCALERS:
            continue
        if (cluster, kind, name) not in contained:
            yield f"{cluster}: {kind} {namespace}/{name}"
