"""Decides where clusters begin: at the entry paths that the rules name, and at those that the repository itself shows.

A cluster that no rule names begins where the Flux Kustomizations are that nothing else in the repository applies: at
the folder that applies itself (`flux bootstrap` makes it), else at the folder that they lie in. A kustomization that no
cluster and no other kustomization reads is a cluster of its own if it gives Flux Kustomizations, else an overlay that
somebody else may read. Where there is no Flux at all, the overlays and the manifests outside of any kustomization stand
for what is applied.
"""

from collections.abc import Mapping
from posixpath import dirname

from ..checkout import Checkout
from ..kustomize.build import Builder
from ..kustomize.reachability import around, is_kustomization
from ..kustomize.resource import Resource
from .chart_reference import FILE_SOURCES, chart_source
from .desired_state import ClusterState, DesiredState
from .kustomization import GROUP, FluxKustomization, is_flux_kustomization
from .reconcile import Reconciliation
from .sources import Sources


def reconcile_clusters(
    checkout: Checkout, builder: Builder, sources: Sources, clusters: Mapping[str, str]
) -> DesiredState:
    """Return what the checkout applies.

    `clusters` maps names to entry paths. If it is empty, the clusters that the repository shows can have the workload.
    """
    candidates = builder.reach.files - _patch_files(builder, sources)
    files = sorted(file for file in candidates if sources.main.real(file))
    flux_kustomizations = [resource for file in files for resource in _flux_kustomizations(checkout, builder, file)]
    configured = [
        _reconcile(builder, sources, name, entry, _bootstrap_syncs(builder, sources, flux_kustomizations, entry))
        for name, entry in clusters.items()
    ]
    discovered = _discover(builder, sources, flux_kustomizations, configured)
    root_clusters, overlays = _roots(builder, sources)
    discovered = [
        cluster
        for cluster in discovered
        if not any(cluster.flux_kustomizations <= root.flux_kustomizations for root in root_clusters)
    ] + root_clusters
    if configured:
        return _desired_state(builder, sources, configured, [*discovered, *overlays])
    if discovered:
        return _desired_state(builder, sources, discovered, overlays)
    return _desired_state(builder, sources, [*overlays, _loose_manifests(checkout, builder, sources)], [])


def _desired_state(
    builder: Builder, sources: Sources, clusters: list[ClusterState], other_clusters: list[ClusterState]
) -> DesiredState:
    appliers = (item.applier for cluster in (*clusters, *other_clusters) for item in cluster.objects if item.applier)
    references = {applier.as_flux_kustomization.source for applier in appliers}
    chart_sources = {
        chart_source(item.resource) for cluster in (*clusters, *other_clusters) for item in cluster.objects
    } - {None}
    return DesiredState(
        own_sources=frozenset(
            source
            for source in chart_sources
            if source and source.kind in FILE_SOURCES and sources.is_repository(source)
        ),
        checkout=sources.checkout,
        clusters=tuple(clusters),
        other_clusters=tuple(other_clusters),
        inputs=builder.inputs,
        references=builder.references,
        trees=sources.trees,
        pins={reference: pin for reference in references if (pin := sources.pin(reference))},
        skipped=frozenset(builder.skipped),
        ignored_files=frozenset(file for file in builder.reach.files if sources.is_ignored(file)),
    )


def _reconcile(
    builder: Builder, sources: Sources, name: str, entry: str, syncs: tuple[Resource, ...] = ()
) -> ClusterState:
    return Reconciliation(builder, sources, name).run((*builder.build(sources.main, entry), *syncs), entry)


def _bootstrap_syncs(
    builder: Builder, sources: Sources, flux_kustomizations: list[Resource], entry: str
) -> tuple[Resource, ...]:
    """Return the Flux Kustomization below an entry path that applies it although no kustomization there lists it.

    `flux bootstrap` applies it itself, and so it belongs to the cluster and makes no other.
    """
    resources = builder.build(sources.main, entry)
    declarations = {resource.source for resource in resources}
    syncs = [
        resource
        for resource in flux_kustomizations
        if _is_in(resource.file, entry)
        and resource.source not in declarations
        and (flux := FluxKustomization(resource)).folder == entry
        and flux.remote is None
        and sources.is_repository(flux.source)
    ]
    if len(syncs) != 1:
        return ()
    folder = dirname(syncs[0].file) or "."
    built = builder.build(sources.main, folder) if builder.kustomization(sources.main, folder) else ()
    return tuple(resource for resource in built if resource.source == syncs[0].source) or tuple(syncs)


def _flux_kustomizations(checkout: Checkout, builder: Builder, file: str) -> list[Resource]:
    """Return the Flux Kustomizations that a file declares. A patch for one names no source, so it is none."""
    if GROUP.encode() not in checkout.manifests[file] or is_kustomization(file):
        return []
    resources = builder.resources_of(file, checkout.manifests[file])
    return [
        resource
        for resource in resources
        if is_flux_kustomization(resource.id) and FluxKustomization(resource).spec.get("sourceRef")
    ]


def _patch_files(builder: Builder, sources: Sources) -> set[str]:
    """Return the files that kustomizations read as patches. They look like objects, but nobody applies these."""
    folders = (dirname(file) or "." for file in builder.reach.kustomizations)
    kustomizations = filter(None, (builder.kustomization(sources.main, folder) for folder in folders))
    locations = ((content.file, patch.location) for content in kustomizations for patch in content.patches)
    return {location.file for file, location in locations if location and location.file != file}


def _discover(
    builder: Builder, sources: Sources, flux_kustomizations: list[Resource], configured: list[ClusterState]
) -> list[ClusterState]:
    """Return the clusters that apply what no configured cluster does."""
    reached = {source for cluster in configured for source in cluster.flux_kustomizations}
    discovered: list[ClusterState] = []
    unreached = [resource for resource in flux_kustomizations if resource.source not in reached]
    for entry in _entries(sources, unreached):
        inside = [resource for resource in unreached if _is_in(resource.file, entry) and resource.source not in reached]
        if not inside:
            continue
        cluster = Reconciliation(builder, sources, entry).run(_entry_resources(builder, sources, entry, inside), entry)
        if not cluster.flux_kustomizations.intersection(resource.source for resource in inside):
            cluster = Reconciliation(builder, sources, entry).run(tuple(inside), entry)
        reached |= cluster.flux_kustomizations
        discovered = [other for other in discovered if not other.flux_kustomizations < cluster.flux_kustomizations]
        discovered += [cluster] if cluster.folder_count else []
    return discovered


def _entry_resources(builder: Builder, sources: Sources, entry: str, inside: list[Resource]) -> tuple[Resource, ...]:
    """Return what a folder gives if it is an entry path.

    Where that is only supposed, what the Flux Kustomizations `inside` apply from the folder is theirs alone.
    """
    resources = builder.build(sources.main, entry)
    folders = {folder for resource in inside if (folder := FluxKustomization(resource).folder)}
    if entry in folders or builder.kustomization(sources.main, entry):
        return resources
    return tuple(resource for resource in resources if not any(_is_in(resource.file, folder) for folder in folders))


def _entries(sources: Sources, flux_kustomizations: list[Resource]) -> list[str]:
    """Return folders that may be entry paths, the likelier first: those that apply themselves, then the largest."""
    pairs = [(resource, FluxKustomization(resource)) for resource in flux_kustomizations]
    self_applied = {
        flux.folder
        for resource, flux in pairs
        if flux.folder and sources.is_repository(flux.source) and _is_in(resource.file, flux.folder)
    }
    sizes: dict[str, int] = {}
    for resource, flux in pairs:
        folder = dirname(resource.file) or "."
        sizes[folder] = sizes.get(folder, 0) + len(sources.main.below(flux.folder or "."))
    return [*sorted(self_applied), *sorted(sizes, key=lambda folder: (-sizes[folder], folder))]


def _roots(builder: Builder, sources: Sources) -> tuple[list[ClusterState], list[ClusterState]]:
    """Return the clusters and the overlays of kustomizations that nothing has read and no other refers to."""
    tree = sources.main
    kustomizations = builder.reach.kustomizations - builder.visited
    unread = {dirname(file) or ".": file for file in kustomizations if tree.real(file)}
    referenced: set[str | None] = set()
    for folder in unread:
        content = builder.kustomization(tree, folder)
        if content:
            referenced |= {tree.resolve(folder, reference) for reference in (*content.resources, *content.components)}
            referenced |= {folder} if content.is_component else set()
    roots = sorted(unread.keys() - referenced)
    flux_roots = [
        folder
        for folder in roots
        if any(is_flux_kustomization(resource.id) for resource in builder.build(tree, folder))
    ]
    builder.visited.clear()  # what counts from here on is read by a cluster
    clusters = [_reconcile(builder, sources, folder, folder) for folder in flux_roots]
    clusters += [
        _reconcile(builder, sources, folder, folder) for folder in roots if unread[folder] not in builder.visited
    ]
    return (
        [cluster for cluster in clusters if cluster.folder_count],
        [cluster for cluster in clusters if not cluster.folder_count],
    )


def _loose_manifests(checkout: Checkout, builder: Builder, sources: Sources) -> ClusterState:
    """Return the manifests that no kustomization has anything to do with, as if a cluster applied them."""
    tree = sources.main
    folders = {dirname(file) or "." for file in checkout.manifests if is_kustomization(file)}
    mentioned = {
        file for path in builder.reach.kustomizations for file in builder.mentioned(tree, dirname(path) or ".")
    }
    json_files = (file for file in checkout.other_files if file.endswith(".json"))
    loose = [
        file
        for file in [*builder.reach.files, *json_files]
        if tree.real(file) and file not in mentioned and folders.isdisjoint(around(file))
    ]
    resources = [
        resource for file in sorted(loose) for resource in builder.resources_of(file, checkout.read(file) or b"")
    ]
    return Reconciliation(builder, sources, ".").run(tuple(resources), ".")


def _is_in(file: str, folder: str) -> bool:
    return folder == "." or file.startswith(folder + "/")
