"""Placements are checked with `kustomize build`: the target changes as the edit says, nothing else changes."""

from collections.abc import Mapping
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest

from responder.gitops.placement.choice import choose_placement

from . import meaning, oracle
from .test_trees import EDITED, desired_edit, find
from .trees import TREES, Tree

PROVED = [param for param in EDITED if param.values[0].rendered and param.values[0].entries]  # type: ignore[union-attr]


@cache
def rendered_before(name: str) -> dict[str, oracle.Objects]:
    with TemporaryDirectory() as folder:
        TREES[name].write(Path(folder))
        return rendered(TREES[name], Path(folder))


def rendered(tree: Tree, root: Path) -> dict[str, oracle.Objects]:
    return {cluster: oracle.applied(root, entry) for cluster, entry in tree.entries.items()}


@oracle.needs_kustomize
@pytest.mark.parametrize(("tree", "case"), PROVED)
def test_the_rendered_clusters_differ_in_the_response_alone(
    tree: Tree, case: Mapping[str, Any], tmp_path: Path
) -> None:
    target = find(tree, case)
    edit = desired_edit(case)
    placement = choose_placement(target.desired_state, target.object, edit)
    tree.write(tmp_path)
    meaning.apply(tmp_path, placement)

    expected = {cluster: dict(objects) for cluster, objects in rendered_before(tree.name).items()}
    object_id = target.object.resource.id
    identity = (target.api_version, object_id.kind, object_id.namespace, object_id.name)
    meaning.respond(expected[target.object.cluster], identity, edit)
    flux = {identity for objects in expected.values() for identity in objects if identity[1] == "Kustomization"}
    rendered_after = rendered(tree, tmp_path)
    for cluster in tree.entries:
        # The patches of a Flux Kustomization may be where the response is: what they lead to is compared instead.
        assert {key: content for key, content in rendered_after[cluster].items() if key not in flux} == {
            key: content for key, content in expected[cluster].items() if key not in flux
        }
