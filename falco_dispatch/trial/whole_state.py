"""Reads the whole desired state of a checkout, and leaves nothing out. A response reads only what it looks for."""

import re
from collections.abc import Mapping

from responder.gitops.checkout import Checkout
from responder.gitops.flux.clusters import reconcile_clusters
from responder.gitops.flux.desired_state import DesiredState
from responder.gitops.flux.sources import Origin, Sources
from responder.gitops.kustomize import reachability
from responder.gitops.kustomize.build import Builder
from responder.gitops.workloads.prefilter import Search

EVERYTHING = Search(names=(b"",), releases=re.compile(b""), everything=True)


def read_whole(checkout: Checkout, entries: Mapping[str, str]) -> DesiredState:
    """Return all that the clusters with these entry paths get; without entries, the clusters that Flux starts."""
    kustomizations = frozenset(path for path in checkout.manifests if reachability.is_kustomization(path))
    reach = reachability.Reach(files=frozenset(checkout.manifests), kustomizations=kustomizations)
    return reconcile_clusters(checkout, Builder(EVERYTHING, reach), Sources(checkout, Origin()), dict(entries))
