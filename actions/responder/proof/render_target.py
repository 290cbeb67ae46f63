"""What can be rendered of the sources that clusters read: folders of Flux Kustomizations, and entry paths.

Decides which of them a change of files can reach. Does not render.
"""

import posixpath
from collections.abc import Iterable, Iterator, Set
from dataclasses import dataclass, field

from ..gitops.flux.clusters import Desired
from ..gitops.flux.reconcile import Applied
from ..gitops.source_tree import SourceTree


@dataclass(frozen=True, kw_only=True)
class RenderTarget:
    """What a cluster gets of a source: a folder, or `only` one file of it that no kustomization reads.

    `sync` is the Flux Kustomization that applies it, None where nothing in the repository does.
    """

    cluster: str
    source: str
    path: str
    only: str | None = None
    sync: Applied | None = field(compare=False, default=None)
    tree: SourceTree = field(compare=False)

    @classmethod
    def of(cls, applied: Applied, desired: Desired) -> "RenderTarget":
        """Return the target whose rendering has an object."""
        steps = applied.object.steps
        tree = desired.sources.by_name(steps[-1].tree if steps else "")
        if applied.sync:
            path, only = applied.sync.as_sync.folder or ".", None
        elif steps and steps[-1].file:
            path, only = steps[-1].folder, None
        else:
            path, only = posixpath.split(applied.object.file)
        return cls(cluster=applied.cluster, source=tree.name, path=path or ".", only=only, sync=applied.sync, tree=tree)

    def lists(self, files: Iterable[str]) -> bool:
        """Return whether one of the files is read only because it is in the folder."""
        is_listing = self.only is None and not self.source and self.tree.kustomization(self.path) is None
        return is_listing and any(self.path == "." or file.startswith(f"{self.path}/") for file in files)

    def __str__(self) -> str:
        return f"{posixpath.join(self.path, self.only) if self.only else self.path} in cluster {self.cluster}"


def reached_targets(
    desired_before: Desired, desired_after: Desired, files: Set[str]
) -> Iterator[tuple[RenderTarget, RenderTarget]]:
    """Yield the targets whose rendering the changed files can reach, each as it is before and after the change."""
    successors = {applied.identity: applied for applied in desired_after.applied}
    for applied in desired_before.applied:
        target = RenderTarget.of(applied, desired_before)
        sources = _files_of(applied) | (_files_of(applied.sync) if applied.sync else set())
        if files & sources or target.lists(files):
            yield target, RenderTarget.of(successors.get(applied.identity, applied), desired_after)


def _files_of(applied: Applied) -> set[str]:
    """Return the files that an object is read through."""
    declared = applied.object
    patches = {layer.patch.location.file for layer in declared.layers if layer.patch.location}
    return {declared.file, *(step.file for step in declared.steps if step.file), *patches}
