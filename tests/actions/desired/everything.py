"""The whole of a tree, as a walk that leaves nothing out: what lazy walks are held to."""

import re

from responder.desired import reach, roots
from responder.desired.build import Builder
from responder.desired.files import Checkout
from responder.desired.roots import Desired
from responder.desired.search import Search
from responder.desired.sources import Origin, Sources

from .trees import Tree

ALL = Search(names=(b"",), releases=re.compile(b""), everything=True)


def walked(tree: Tree) -> Desired:
    """All that the clusters of a tree get, of the kinds that are ever looked for."""
    return walk(tree.checkout, dict(tree.entries))


def walk(checkout: Checkout, entries: dict[str, str]) -> Desired:
    """All that the clusters with these entry paths get."""
    kustomizations = frozenset(path for path in checkout.manifests if reach.is_kustomization(path))
    everything = reach.Reach(files=frozenset(checkout.manifests), kustomizations=kustomizations)
    return roots.read(checkout, Builder(ALL, everything), Sources(checkout, Origin()), entries)
