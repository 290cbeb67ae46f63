"""Decides whether what a Flux Kustomization applies is this repository, and as which source tree.

A source is this repository in each of these cases: Flux was bootstrapped with it (`flux-system`); nothing in the
repository declares it (somebody gave it to Flux by hand, and it has to come from somewhere); its address and branch are
those of `flux-system` or of the checkout; a Flux Kustomization applies the folder that it lies in from it (a fork or a
mirror declares the address of the original). Any other source is another repository and not followed.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from .. import manifests
from ..checkout import Checkout
from ..fields import mapping, text
from ..kustomize.resource import Resource, identify
from ..kustomize.skipped_reference import OTHER_SOURCE
from ..source_tree import SourceTree
from . import artifact_generator
from .kustomization import GROUP, SourceReference, folder_of, is_flux_kustomization
from .source_ignore import IgnoreRules

BOOTSTRAP = "flux-system"
SOURCE_GROUP = "source.toolkit.fluxcd.io"
_PINS = ("commit", "tag", "semver", "digest")


@dataclass(frozen=True, kw_only=True)
class ForeignSource:
    """A source that is not this repository, or of which that is unclear; `reason` says why."""

    reason: str


@dataclass(frozen=True, kw_only=True)
class Origin:
    """The address and the branch of the checkout's remote; None for what is not known."""

    url: str | None = None
    branch: str | None = None


class Sources:
    """The sources of one checkout."""

    def __init__(self, checkout: Checkout, origin: Origin) -> None:
        self.checkout = checkout
        self._paths = (*checkout.manifests, *checkout.other_files)
        self._ignore_rules = IgnoreRules.of(checkout)
        self._repository_trees: dict[str, SourceTree] = {}
        self.main = self._repository_tree("")
        self._origin = origin
        self._trees: dict[tuple[str, ...], SourceTree | ForeignSource] = {}
        self._files_by_group: dict[str, dict[str, bytes]] = {}

    def tree(
        self, source: SourceReference, generators: Iterable[Resource], ignore: str = ""
    ) -> SourceTree | ForeignSource | None:
        """Return the files of a source, None for an artifact that none of the `generators` makes.

        `ignore` is the `spec.ignore` that the source has in the cluster.
        """
        if source.kind == "ExternalArtifact":
            return self._artifact(source, generators)
        key = (source.kind, source.name, ignore)
        if key not in self._trees:
            self._trees[key] = self._repository(source.kind, source.name, ignore)
        return self._trees[key]

    def is_repository(self, source: SourceReference) -> bool:
        """Return whether a source is this repository."""
        tree = self.tree(source, ())
        return isinstance(tree, SourceTree) and tree.is_repository

    def is_ignored(self, file: str) -> bool:
        """Return whether a source that is this repository leaves a file of the checkout out."""
        return any(tree.real(file) is None for tree in self._repository_trees.values())

    def may_ignore(self, source: SourceReference) -> bool:
        """Return whether the repository declares a source of this name with a `spec.ignore`, for any cluster."""
        return any("ignore" in spec for spec in self._specs(source.kind, source.name))

    @property
    def trees(self) -> Mapping[str, SourceTree]:
        """The source trees that were asked for, by name; the one without a name has the whole checkout."""
        trees = [tree for tree in self._trees.values() if isinstance(tree, SourceTree)]
        return {"": self.main} | {tree.name: tree for tree in reversed(trees)}

    def pin(self, source: SourceReference) -> str | None:
        """Return the tag, version, commit or digest that a source is held at, so that no new commit reaches it."""
        for spec in self._specs(source.kind, source.name):
            reference = mapping(spec, "ref")
            for key in _PINS:
                if reference.get(key):
                    return f"{key} {text(reference, key)}"
        return None

    def _repository(self, kind: str, name: str, ignore: str = "") -> SourceTree | ForeignSource:
        specs = self._specs(kind, name)
        if name == BOOTSTRAP or not specs or any(self._is_this_repository(spec) for spec in specs):
            return self._repository_tree(ignore)
        if self._applies_its_own_folder(kind, name):
            return self._repository_tree(ignore)
        addresses = ", ".join(sorted({text(spec, "url") or text(spec, "bucketName") for spec in specs}))
        return ForeignSource(reason=f"{kind} {name} {OTHER_SOURCE}, {addresses}")

    def _repository_tree(self, ignore: str) -> SourceTree:
        """Return the tree of a source that is this repository and has this `spec.ignore`."""
        if ignore not in self._repository_trees:
            ignored = replace(self._ignore_rules, spec=ignore).excluded(self._paths)
            name = f"without {ignore}" if ignore else ""
            self._repository_trees[ignore] = SourceTree(self.checkout, name=name, ignored=ignored)
        return self._repository_trees[ignore]

    def _is_this_repository(self, spec: Mapping[str, Any]) -> bool:
        bootstrap_specs = self._specs("GitRepository", BOOTSTRAP) + self._specs("OCIRepository", BOOTSTRAP)
        addresses = {_address_and_branch(bootstrap_spec) for bootstrap_spec in bootstrap_specs}
        if self._origin.url:
            addresses.add((_address(self._origin.url), self._origin.branch or ""))
        return _address_and_branch(spec) in addresses

    def _specs(self, kind: str, name: str) -> list[Mapping[str, Any]]:
        """Return the `spec` of every source of this kind and name that the repository declares for any cluster."""
        candidates = [(identify(data), data) for _, data in self._objects(SOURCE_GROUP, name)]
        return [
            mapping(data, "spec") for object_id, data in candidates if (object_id.kind, object_id.name) == (kind, name)
        ]

    def _applies_its_own_folder(self, kind: str, name: str) -> bool:
        """Return whether a Flux Kustomization lies in the folder that it applies from this source.

        The root does not count: everything lies in it.
        """
        for file, data in self._objects(GROUP, name):
            spec = mapping(data, "spec")
            reference = mapping(spec, "sourceRef")
            if is_flux_kustomization(identify(data)) and (text(reference, "kind"), text(reference, "name")) == (
                kind,
                name,
            ):
                path = folder_of(spec)
                if path and file.startswith(path + "/"):
                    return True
        return False

    def _objects(self, group: str, name: str) -> Iterator[tuple[str, Mapping[str, Any]]]:
        """Yield the objects of documents in which a name follows an API group, each with its file."""
        if group not in self._files_by_group:
            contents = self.checkout.manifests.items()
            self._files_by_group[group] = {file: data for file, data in contents if group.encode() in data}
        pattern = re.compile(re.escape(group.encode()) + rb"(?s:.*)" + re.escape(name.encode()))
        for file, data in self._files_by_group[group].items():
            if name.encode() in data:
                try:
                    documents = [document for document in manifests.split(data) if pattern.search(document.data)]
                    objects = [manifest.data for document in documents for manifest in manifests.objects(document)]
                except manifests.Unreadable:
                    continue
                yield from ((file, content) for content in objects)

    def _artifact(self, source: SourceReference, generators: Iterable[Resource]) -> SourceTree | ForeignSource | None:
        for generator in generators:
            key = ("ExternalArtifact", generator.file, str(generator.document), str(generator.data), source.name)
            if key not in self._trees and generator.id.namespace == source.namespace:
                operations = artifact_generator.operations(generator, source.name, self._paths)
                if operations is not None:
                    self._trees[key] = self._assembled(generator, source.name, operations)
            if key in self._trees:
                return self._trees[key]
        return None

    def _assembled(
        self, generator: Resource, name: str, operations: list[artifact_generator.CopyOperation]
    ) -> SourceTree | ForeignSource:
        sources = artifact_generator.sources(generator).items()
        aliases = [alias for alias, (kind, source) in sources if isinstance(self._repository(kind, source), SourceTree)]
        files = artifact_generator.assemble(operations, aliases, self._paths)
        if files is None:
            return ForeignSource(reason=f"ExternalArtifact {name} is not made of this repository alone")
        return SourceTree(self.checkout, name=f"{generator.file}#{generator.document}/{name}", files=files)


def _address_and_branch(spec: Mapping[str, Any]) -> tuple[str, str]:
    return _address(text(spec, "url")), text(mapping(spec, "ref"), "branch")


def _address(url: str) -> str:
    """Return host and path of a repository's address, which are the same over SSH and HTTPS."""
    match = re.fullmatch(r"(?:\w+://)?(?:[^@/]+@)?([^/:]+)(?::\d+)?[:/](.+?)(?:\.git)?/?", url.strip())
    return f"{match[1]}/{match[2]}".lower() if match else url
