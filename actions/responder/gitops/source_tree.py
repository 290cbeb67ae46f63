"""A source as Flux unpacks it: the checkout itself, or an artifact put together from parts of it.

Paths in a source tree are those that kustomizations and `spec.path` speak of; `real` gives the file of the checkout.
"""

import bisect
import posixpath
from collections.abc import Iterable, Iterator, Mapping
from functools import cached_property

from .checkout import KUSTOMIZATIONS, Checkout, is_manifest


class SourceTree:
    """Files by the path that they have in a source; `files` maps it to the path in the checkout, None: the same."""

    def __init__(self, checkout: Checkout, *, name: str = "", files: Mapping[str, str] | None = None) -> None:
        self.checkout = checkout
        self.name = name
        self._files = files

    @cached_property
    def files(self) -> Mapping[str, str]:
        """The path in the checkout of each file, by its path in the source."""
        if self._files is not None:
            return self._files
        return {path: path for path in (*self.checkout.other_files, *self.checkout.manifests)}

    @property
    def links(self) -> Mapping[str, str]:
        """The symbolic links, each with what it stands for; in an artifact they have been followed."""
        return self.checkout.links if self._files is None else {}

    def real(self, path: str) -> str | None:
        """The path in the checkout of the file at `path`, None if there is no such file."""
        if self._files is not None:
            return self._files.get(path)
        return path if path in self.checkout else None

    def resolve(self, folder: str, reference: str) -> str | None:
        """The path that `reference` means in `folder`, None if it leads out of the source."""
        return self.checkout.resolve(folder, reference)

    def file(self, folder: str, reference: str) -> tuple[str, bytes] | None:
        """The real path and content of the file that `reference` means in `folder`, None if there is none."""
        path = self.resolve(folder, reference)
        real = self.real(path) if path else None
        data = self.checkout.read(real) if real else None
        return (real, data) if real and data is not None else None

    def kustomization(self, folder: str) -> str | None:
        """The real path of the kustomization file in `folder`, None if there is none."""
        for name in KUSTOMIZATIONS:
            path = self.resolve(folder, name)
            if path and (real := self.real(path)):
                return real
        return None

    def below(self, folder: str) -> list[str]:
        """The paths of all manifests below `folder`, in order."""
        if folder == ".":
            return self._paths
        start = bisect.bisect_left(self._paths, folder + "/")
        return self._paths[start : bisect.bisect_left(self._paths, folder + "0", start)]  # "0" follows "/"

    def scan(self, folder: str, paths: Iterable[str]) -> Iterator[str]:
        """What Flux lists for a folder without kustomization: manifests, and in place of those in a folder that has one
        the folder. `paths` are the manifests below it that count.

        https://fluxcd.io/flux/components/kustomize/kustomizations/#generate-kustomizationyaml
        """
        inside: dict[str, str | None] = {folder: None}
        listed: set[str] = set()
        for path in paths:
            found = self._outermost(path.rpartition("/")[0] or ".", inside) or path
            if found not in listed:
                listed.add(found)
                yield found

    def _outermost(self, folder: str, inside: dict[str, str | None]) -> str | None:
        """The outermost folder with a kustomization around what lies in `folder`, as far up as `inside` begins."""
        if folder not in inside:
            parent = folder.rpartition("/")[0] or "."
            inside[folder] = self._outermost(parent, inside) or (folder if self.kustomization(folder) else None)
        return inside[folder]

    @cached_property
    def _paths(self) -> list[str]:
        if self._files is None:
            return sorted(path for path in self.checkout.manifests if is_manifest(posixpath.basename(path)))
        return sorted(path for path, real in self._files.items() if real in self.checkout.manifests)
