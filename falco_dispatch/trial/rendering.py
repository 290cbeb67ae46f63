"""Renders all that the clusters of a repository apply. It does not judge what it renders."""

import tempfile
from collections.abc import Iterable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from responder.errors import NotRendered
from responder.gitops.flux.desired_state import DesiredState
from responder.proof import kustomize_build
from responder.proof.render_target import RenderTarget
from responder.proof.rendered import ObjectKey

from ..progress import Progress

Rendered = dict[tuple[str, ObjectKey], Mapping[str, Any]]  # by cluster and object


def render_targets(desired: DesiredState, earlier: Iterable[RenderTarget] = ()) -> list[RenderTarget]:
    """Return all folders that clusters apply, and those that they applied earlier."""
    again = [replace(target, tree=desired.tree(target.source)) for target in earlier]
    return list(dict.fromkeys([*(RenderTarget.of(item, desired) for item in desired.objects), *again]))


def render(targets: list[RenderTarget], kustomize: str, progress: Progress) -> tuple[Rendered, list[str]]:
    """Return all objects of all clusters, and what keeps folders from being rendered."""
    rendered: Rendered = {}
    failures: list[str] = []
    with tempfile.TemporaryDirectory(prefix="falco-dispatch-") as temporary:
        renderers: dict[str, kustomize_build.Renderer] = {}
        for target in progress.track("rendering", targets):
            if target.source not in renderers:
                root = Path(temporary, str(len(renderers)))
                root.mkdir()
                renderers[target.source] = kustomize_build.Renderer(root, kustomize)
            try:
                objects = renderers[target.source].render_target(target)
                rendered |= {(target.cluster, key): manifest for key, manifest in objects.items()}
            except NotRendered as error:
                failures.append(f"{target}: {error}")
    return rendered, failures
