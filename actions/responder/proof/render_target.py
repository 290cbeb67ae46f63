"""The folders that clusters are given, and that can be rendered: those of Flux Kustomizations, and entries."""

import posixpath
from collections.abc import Iterable
from dataclasses import dataclass, field

from ..gitops.flux.clusters import Desired
from ..gitops.flux.reconcile import Applied
from ..gitops.source_tree import View
from .kustomize_build import Objects, Renderer


@dataclass(frozen=True, kw_only=True)
class Folder:
    """What a cluster is given of a source: a folder, or `only` one file of it that no kustomization reads.

    `sync` is the Flux Kustomization that gives it; None for what none here does.
    """

    cluster: str
    source: str
    path: str
    only: str | None = None
    sync: Applied | None = field(compare=False, default=None)
    view: View = field(compare=False)

    @classmethod
    def of(cls, applied: Applied, desired: Desired) -> "Folder":
        """Where an object comes from."""
        steps = applied.object.steps
        view = desired.sources.named(steps[-1].view if steps else "")
        if applied.sync:
            path, only = applied.sync.as_sync.folder or ".", None
        elif steps and steps[-1].file:
            path, only = steps[-1].folder, None
        else:
            path, only = posixpath.split(applied.object.file)
        return cls(cluster=applied.cluster, source=view.name, path=path or ".", only=only, sync=applied.sync, view=view)

    def lists(self, files: Iterable[str]) -> bool:
        """Whether one of the files is read just because it is in the folder."""
        own = self.only is None and not self.source and self.view.kustomization(self.path) is None
        return own and any(self.path == "." or file.startswith(f"{self.path}/") for file in files)

    def render(self, renderer: Renderer) -> Objects:
        """The objects in it. Raises NotRendered."""
        renderer.hold(self.view)
        return renderer.render(self.path, self.sync.as_sync.spec if self.sync else {}, only=self.only)

    def __str__(self) -> str:
        return f"{posixpath.join(self.path, self.only) if self.only else self.path} in cluster {self.cluster}"
