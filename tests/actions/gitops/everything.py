"""The whole of a tree, as a walk that leaves nothing out: what lazy walks are held to."""

import re

from responder.gitops.checkout import Checkout
from responder.gitops.flux import clusters
from responder.gitops.flux.clusters import Desired
from responder.gitops.flux.sources import Origin, Sources
from responder.gitops.kustomize import reachability
from responder.gitops.kustomize.build import Builder
from responder.gitops.workloads.prefilter import Search

from .trees import Tree

ALL = Search(names=(b"",), releases=re.compile(b""), everything=True)


def walked(tree: Tree) -> Desired:
    """All that the clusters of a tree get, of the kinds that are ever looked for."""
    return walk(tree.checkout, dict(tree.entries))


def walk(checkout: Checkout, entries: dict[str, str]) -> Desired:
    """All that the clusters with these entry paths get."""
    kustomizations = frozenset(path for path in checkout.manifests if reachability.is_kustomization(path))
    everything = reachability.Reach(files=frozenset(checkout.manifests), kustomizations=kustomizations)
    return clusters.read(checkout, Builder(ALL, everything), Sources(checkout, Origin()), entries)
