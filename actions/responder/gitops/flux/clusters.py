"""Where clusters begin: the entry paths that the rules name, those that the repository itself shows, and overlays.

A cluster that no rule names is found by the Flux Kustomizations that nothing else in the repository applies: the folder
that applies itself (what `flux bootstrap` makes), else the folder that they lie in. A kustomization that no cluster and
no other kustomization reads is a cluster of its own if it gives Flux Kustomizations, else an overlay that somebody else
may read. Where there is no Flux at all, the overlays and the manifests outside of any kustomization stand for what is
applied.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from posixpath import dirname

from ..checkout import Checkout
from ..kustomize.build import Builder
from ..kustomize.reachability import around, is_kustomization
from ..kustomize.resource import Declared
from .kustomization import GROUP, Sync, is_sync
from .reconcile import Applied, Walk
from .sources import Sources


@dataclass(frozen=True, kw_only=True)
class Desired:
    """All that a repository applies: by the clusters that are looked at for a workload, and by all others."""

    clusters: tuple[Walk, ...]
    others: tuple[Walk, ...]
    builder: Builder
    sources: Sources

    @property
    def applied(self) -> tuple[Applied, ...]:
        return tuple(each for walk in (*self.clusters, *self.others) for each in walk.applied)


def read(checkout: Checkout, builder: Builder, sources: Sources, clusters: Mapping[str, str]) -> Desired:
    """What the checkout applies. `clusters` maps names to entry paths; without any, those found are looked at."""
    named = [_walk(builder, sources, name, entry) for name, entry in clusters.items()]
    files = sorted(builder.reach.files - _patches(builder, sources))
    syncs = [each for file in files for each in _syncs(checkout, builder, file)]
    found = _discover(builder, sources, syncs, named)
    leading, overlays = _heads(builder, sources)
    found = [walk for walk in found if not any(walk.syncs <= other.syncs for other in leading)] + leading
    if named:
        return Desired(clusters=tuple(named), others=(*found, *overlays), builder=builder, sources=sources)
    if found:
        return Desired(clusters=tuple(found), others=tuple(overlays), builder=builder, sources=sources)
    loose = _loose(checkout, builder, sources)
    return Desired(clusters=(*overlays, loose), others=(), builder=builder, sources=sources)


def _walk(builder: Builder, sources: Sources, name: str, entry: str) -> Walk:
    return Walk(builder, sources, name).run(builder.build(sources.main, entry), entry)


def _syncs(checkout: Checkout, builder: Builder, file: str) -> list[Declared]:
    """The Flux Kustomizations that a file declares; a patch for one names no source and is none."""
    if GROUP.encode() not in checkout.manifests[file] or is_kustomization(file):
        return []
    found = builder.declared(file, checkout.manifests[file])
    return [each for each in found if is_sync(each.id) and Sync(each).spec.get("sourceRef")]


def _patches(builder: Builder, sources: Sources) -> set[str]:
    """The files that kustomizations read as patches: as they stand, nobody applies what they look like."""
    folders = (dirname(file) or "." for file in builder.reach.kustomizations)
    found = (builder.kustomization(sources.main, folder) for folder in folders)
    places = ((each.file, patch.location) for each in found if each for patch in each.patches)
    return {place.file for file, place in places if place and place.file != file}


def _discover(builder: Builder, sources: Sources, syncs: list[Declared], known: list[Walk]) -> list[Walk]:
    """The clusters that apply what no known cluster does, each as a walk."""
    reached = {source for walk in known for source in walk.syncs}
    found: list[Walk] = []
    unread = [each for each in syncs if each.source not in reached]
    for entry in _entries(sources, unread):
        inside = [each for each in unread if _is_in(each.file, entry) and each.source not in reached]
        if not inside:
            continue
        walk = Walk(builder, sources, entry).run(_supposed(builder, sources, entry, inside), entry)
        if not walk.syncs.intersection(each.source for each in inside):
            walk = Walk(builder, sources, entry).run(tuple(inside), entry)
        reached |= walk.syncs
        found = [other for other in found if not other.syncs < walk.syncs]
        found += [walk] if walk.followed else []
    return found


def _supposed(builder: Builder, sources: Sources, entry: str, inside: list[Declared]) -> tuple[Declared, ...]:
    """What a folder gives if it is an entry. Where that is only supposed, what the Flux Kustomizations `inside` apply
    from the folder is theirs alone."""
    objects = builder.build(sources.main, entry)
    folders = {folder for each in inside if (folder := Sync(each).folder)}
    if entry in folders or builder.kustomization(sources.main, entry):
        return objects
    return tuple(each for each in objects if not any(_is_in(each.file, folder) for folder in folders))


def _entries(sources: Sources, syncs: list[Declared]) -> list[str]:
    """Folders that may be entries of clusters, the likelier first: those that apply themselves, then most."""
    folders = {each.source: Sync(each).folder for each in syncs if sources.tree(Sync(each).source, ()) is sources.main}
    own = {folder for each in syncs if (folder := folders.get(each.source)) and _is_in(each.file, folder)}
    reach: dict[str, int] = {}
    for each in syncs:
        folder = dirname(each.file) or "."
        reach[folder] = reach.get(folder, 0) + len(sources.main.below(Sync(each).folder or "."))
    return [*sorted(own), *sorted(reach, key=lambda folder: (-reach[folder], folder))]


def _heads(builder: Builder, sources: Sources) -> tuple[list[Walk], list[Walk]]:
    """Kustomizations that nothing has read so far and no other refers to: those of clusters, and the others."""
    tree = sources.main
    unread = {dirname(file) or ".": file for file in builder.reach.kustomizations - builder.visited}
    referred: set[str | None] = set()
    for folder in unread:
        found = builder.kustomization(tree, folder)
        if found:
            referred |= {tree.resolve(folder, each) for each in (*found.resources, *found.components)}
            referred |= {folder} if found.is_component else set()
    heads = sorted(unread.keys() - referred)
    giving = [folder for folder in heads if any(is_sync(each.id) for each in builder.build(tree, folder))]
    builder.visited.clear()  # what counts from here on is read by a cluster
    walks = [_walk(builder, sources, folder, folder) for folder in giving]
    walks += [_walk(builder, sources, folder, folder) for folder in heads if unread[folder] not in builder.visited]
    return [walk for walk in walks if walk.followed], [walk for walk in walks if not walk.followed]


def _loose(checkout: Checkout, builder: Builder, sources: Sources) -> Walk:
    """The manifests that no kustomization has anything to do with."""
    tree = sources.main
    folders = {dirname(file) or "." for file in checkout.manifests if is_kustomization(file)}
    used = {file for path in builder.reach.kustomizations for file in builder.mentioned(tree, dirname(path) or ".")}
    json = (file for file in checkout.other_files if file.endswith(".json"))
    alone = [file for file in [*builder.reach.files, *json] if file not in used and folders.isdisjoint(around(file))]
    objects = [each for file in sorted(alone) for each in builder.declared(file, checkout.read(file) or b"")]
    return Walk(builder, sources, ".").run(tuple(objects), ".")


def _is_in(file: str, folder: str) -> bool:
    return folder == "." or file.startswith(folder + "/")
