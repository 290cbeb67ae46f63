"""Whether what a Flux Kustomization applies is this repository, and as which source tree.

A source is this repository if it is the one that Flux was bootstrapped with (`flux-system`), if nothing in the
repository declares it (Flux was given it by hand, and it has to come from somewhere), if its address and branch are
those of `flux-system` or of the checkout itself, or if a Flux Kustomization takes the very folder that it lies in from
it (what a fork or a mirror declares has the original's address). Any other source is another repository and not
followed.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from .. import manifests as manifest
from ..checkout import Checkout
from ..fields import mapping, text
from ..kustomize.object_id import identify
from ..kustomize.resource import Declared
from ..source_tree import SourceTree
from . import artifact_generator
from .kustomization import GROUP, Source, folder, is_sync

BOOTSTRAP = "flux-system"
_SOURCES = "source.toolkit.fluxcd.io"
_KINDS = ("GitRepository", "OCIRepository", "Bucket")


@dataclass(frozen=True, kw_only=True)
class Elsewhere:
    """A source that is not this repository, or cannot be told to be, and why."""

    reason: str


@dataclass(frozen=True, kw_only=True)
class Origin:
    """Where the checkout comes from: the address of its remote and its branch, as far as they are known."""

    url: str = ""
    branch: str = ""


class Sources:
    """The sources of one checkout."""

    def __init__(self, checkout: Checkout, origin: Origin) -> None:
        self.checkout = checkout
        self.main = SourceTree(checkout)
        self._origin = origin
        self._trees: dict[tuple[str, ...], SourceTree | Elsewhere] = {}
        self._speaking: dict[str, dict[str, bytes]] = {}
        self._paths = (*checkout.manifests, *checkout.other_files)

    def tree(self, source: Source, generators: Iterable[Declared]) -> SourceTree | Elsewhere | None:
        """What a source gives; None for an artifact that none of the `generators` makes, so far."""
        if source.kind == "ExternalArtifact":
            return self._artifact(source, generators)
        key = (source.kind, source.name)
        if key not in self._trees:
            self._trees[key] = self._repository(source.kind, source.name)
        return self._trees[key]

    def by_name(self, name: str) -> SourceTree:
        """Return the source tree of this name, the whole checkout if there is none."""
        return next(
            (each for each in self._trees.values() if isinstance(each, SourceTree) and each.name == name), self.main
        )

    def pinned(self, source: Source) -> str | None:
        """The tag or commit that a source of this repository is held at, so that a new commit does not reach it."""
        for spec in self._declared(source.kind, source.name):
            reference = mapping(spec, "ref")
            for key in ("commit", "tag", "semver", "digest"):
                if reference.get(key):
                    return f"{key} {text(reference, key)}"
        return None

    def _repository(self, kind: str, name: str) -> SourceTree | Elsewhere:
        declared = self._declared(kind, name)
        if name == BOOTSTRAP or not declared or any(self._is_own(spec) for spec in declared):
            return self.main
        if self._applies_itself(kind, name):
            return self.main
        addresses = ", ".join(sorted({text(spec, "url") or text(spec, "bucketName") for spec in declared}))
        return Elsewhere(reason=f"{kind} {name} is another source, {addresses}")

    def _is_own(self, spec: Mapping[str, Any]) -> bool:
        bootstrap = self._declared("GitRepository", BOOTSTRAP) + self._declared("OCIRepository", BOOTSTRAP)
        own = {(_address(text(each, "url")), text(mapping(each, "ref"), "branch")) for each in bootstrap}
        if self._origin.url:
            own.add((_address(self._origin.url), self._origin.branch))
        branch = text(mapping(spec, "ref"), "branch")
        return (_address(text(spec, "url")), branch) in own

    def _declared(self, kind: str, name: str) -> list[Mapping[str, Any]]:
        """The `spec` of every source of this kind and name that the repository declares, whichever cluster reads it."""
        found = [(identify(data), data) for _, data in self._objects(_SOURCES, name)]
        return [mapping(data, "spec") for id_, data in found if id_.kind == kind and id_.name == name]

    def _applies_itself(self, kind: str, name: str) -> bool:
        """Whether a Flux Kustomization lies in the folder that it applies from this source; the root tells nothing."""
        for file, data in self._objects(GROUP, name):
            spec = mapping(data, "spec")
            source = mapping(spec, "sourceRef")
            if is_sync(identify(data)) and (text(source, "kind"), text(source, "name")) == (kind, name):
                path = folder(spec)
                if path and path != "." and file.startswith(path + "/"):
                    return True
        return False

    def _objects(self, group: str, name: str) -> Iterator[tuple[str, Mapping[str, Any]]]:
        """The objects of documents in which a name follows an API group, and the files that they are in."""
        if group not in self._speaking:
            manifests = self.checkout.manifests.items()
            self._speaking[group] = {file: data for file, data in manifests if group.encode() in data}
        wanted = re.compile(re.escape(group.encode()) + rb"(?s:.*)" + re.escape(name.encode()))
        for file, data in self._speaking[group].items():
            if name.encode() in data:
                try:
                    documents = [each for each in manifest.split(data) if wanted.search(each.data)]
                    objects = [each.data for document in documents for each in manifest.objects(document)]
                except manifest.Unreadable:
                    continue
                yield from ((file, each) for each in objects)

    def _artifact(self, source: Source, generators: Iterable[Declared]) -> SourceTree | Elsewhere | None:
        for generator in generators:
            key = ("ExternalArtifact", generator.file, str(generator.document), str(generator.data), source.name)
            if key not in self._trees and generator.id.namespace == source.namespace:
                copies = artifact_generator.copies(generator, source.name, self._paths)
                if copies is not None:
                    self._trees[key] = self._assembled(generator, source.name, copies)
            if key in self._trees:
                return self._trees[key]
        return None

    def _assembled(
        self, generator: Declared, name: str, copies: list[artifact_generator.Copy]
    ) -> SourceTree | Elsewhere:
        listed = artifact_generator.sources(generator).items()
        own = [alias for alias, (kind, source) in listed if self._repository(kind, source) is self.main]
        files = artifact_generator.assemble(copies, own, self._paths)
        if files is None:
            return Elsewhere(reason=f"ExternalArtifact {name} is not made of this repository alone")
        return SourceTree(self.checkout, name=f"{generator.file}#{generator.document}/{name}", files=files)


def _address(url: str) -> str:
    """An address of a repository without what different ways to reach it differ in."""
    match = re.fullmatch(r"(?:\w+://)?(?:[^@/]+@)?([^/:]+)(?::\d+)?[:/](.+?)(?:\.git)?/?", url.strip())
    return f"{match[1]}/{match[2]}".lower() if match else url
