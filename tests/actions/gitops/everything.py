"""The whole desired state of a tree, read without leaving anything out: what searches are compared with."""

import re

from responder.gitops.checkout import Checkout
from responder.gitops.flux.clusters import reconcile_clusters
from responder.gitops.flux.desired_state import DesiredState
from responder.gitops.flux.sources import Origin, Sources
from responder.gitops.kustomize import reachability
from responder.gitops.kustomize.build import Builder
from responder.gitops.workloads.prefilter import Search

from .trees import Tree

ALL = Search(names=(b"",), releases=re.compile(b""), everything=True)


def whole_state(tree: Tree) -> DesiredState:
    """All that the clusters of a tree get, of the kinds that are ever looked for."""
    return read_whole(tree.checkout, dict(tree.entries))


def read_whole(checkout: Checkout, entries: dict[str, str]) -> DesiredState:
    """All that the clusters with these entry paths get."""
    kustomizations = frozenset(path for path in checkout.manifests if reachability.is_kustomization(path))
    everything = reachability.Reach(files=frozenset(checkout.manifests), kustomizations=kustomizations)
    return reconcile_clusters(checkout, Builder(ALL, everything), Sources(checkout, Origin()), entries)
