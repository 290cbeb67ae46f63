"""What a placement promises, held to `kustomize build`: the target changes as wanted, nothing else does anywhere."""

from collections.abc import Mapping
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest

from responder.gitops.placement import choose

from . import meaning, oracle
from .test_trees import EDITED, desired_edit, find
from .trees import TREES, Tree

PROVED = [param for param in EDITED if param.values[0].rendered and param.values[0].entries]  # type: ignore[union-attr]


@cache
def before(name: str) -> dict[str, oracle.Objects]:
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
    placement = choose.place(target.desired, target.applied, edit)
    tree.write(tmp_path)
    meaning.apply(tmp_path, placement)

    expected = {cluster: dict(objects) for cluster, objects in before(tree.name).items()}
    id_ = target.applied.object.id
    identity = (target.api_version, id_.kind, id_.namespace, id_.name)
    meaning.respond(expected[target.applied.cluster], identity, edit)
    syncs = {identity for objects in expected.values() for identity in objects if identity[1] == "Kustomization"}
    after = rendered(tree, tmp_path)
    for cluster in tree.entries:
        # The patches of a Flux Kustomization may be where the response is: what they lead to is compared instead.
        assert {key: each for key, each in after[cluster].items() if key not in syncs} == {
            key: each for key, each in expected[cluster].items() if key not in syncs
        }
