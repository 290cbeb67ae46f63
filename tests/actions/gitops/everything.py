"""The whole desired state of a tree, read without leaving anything out: what searches are compared with."""

from falco_dispatch.trial.whole_state import read_whole
from responder.gitops.flux.desired_state import DesiredState

from .trees import Tree


def whole_state(tree: Tree) -> DesiredState:
    """All that the clusters of a tree get, of the kinds that are ever looked for."""
    return read_whole(tree.checkout, dict(tree.entries))
