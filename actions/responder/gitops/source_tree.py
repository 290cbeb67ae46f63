"""A source as Flux unpacks it: the checkout itself, or an artifact put together from parts of it.

Kustomizations and `spec.path` use the paths of a source tree; `real` returns the file of the checkout.
"""

import bisect
import posixpath
from collections.abc import Iterable, Iterator, Mapping, Set
from functools import cached_property

from .checkout import KUSTOMIZATIONS, Checkout, is_manifest


class SourceTree:
    """The files of a source. `files` maps their paths in it to those in the checkout; None if they are the same.

    `ignored` are the files of the checkout that Flux leaves out of the source.
    """

    def __init__(
        self,
        checkout: Checkout,
        *,
        name: str = "",
        files: Mapping[str, str] | None = None,
        ignored: Set[str] = frozenset(),
    ) -> None:
        self.checkout = checkout
        self.name = name
        self._files = files
        self._ignored = ignored

    @property
    def is_repository(self) -> bool:
        """Whether the paths are those of the checkout."""
        return self._files is None

    @cached_property
    def files(self) -> Mapping[str, str]:
        """The path in the checkout of each file, by its path in the source."""
        if self._files is not None:
            return self._files
        paths = (*self.checkout.other_files, *self.checkout.manifests)
        return {path: path for path in paths if path not in self._ignored}

    @property
    def links(self) -> Mapping[str, str]:
        """The symbolic links, each with the path that it stands for; in an artifact they have been followed."""
        return self.checkout.links if self._files is None else {}

    def real(self, path: str) -> str | None:
        """Return the path in the checkout of the file at `path`, None if there is no such file."""
        if self._files is not None:
            return self._files.get(path)
        return path if path in self.checkout and path not in self._ignored else None

    def resolve(self, folder: str, reference: str) -> str | None:
        """Return the path that `reference` means in `folder`, None if it leads out of the source."""
        return self.checkout.resolve(folder, reference)

    def file(self, folder: str, reference: str) -> tuple[str, bytes] | None:
        """Return the real path and the content of the file that `reference` means in `folder`, None without one."""
        path = self.resolve(folder, reference)
        real = self.real(path) if path else None
        data = self.checkout.read(real) if real else None
        return (real, data) if real and data is not None else None

    def kustomization(self, folder: str) -> str | None:
        """Return the real path of the kustomization file in `folder`, None if there is none."""
        for name in KUSTOMIZATIONS:
            path = self.resolve(folder, name)
            if path and (real := self.real(path)):
                return real
        return None

    def below(self, folder: str) -> list[str]:
        """Return the paths of all manifests below `folder`, in order."""
        if folder == ".":
            return self._paths
        start = bisect.bisect_left(self._paths, folder + "/")
        return self._paths[start : bisect.bisect_left(self._paths, folder + "0", start)]  # "0" follows "/"

    def scan(self, folder: str, paths: Iterable[str]) -> Iterator[str]:
        """Yield the resources of the kustomization that Flux generates for a folder without one.

        `paths` are the manifests below the folder that count. A folder in it that has a kustomization is a resource
        itself and stands for all that is in it.

        https://fluxcd.io/flux/components/kustomize/kustomizations/#generate-kustomizationyaml
        """
        inside: dict[str, str | None] = {folder: None}
        resources: set[str] = set()
        for path in paths:
            resource = self._outermost(path.rpartition("/")[0] or ".", inside) or path
            if resource not in resources:
                resources.add(resource)
                yield resource

    def _outermost(self, folder: str, inside: dict[str, str | None]) -> str | None:
        """Return the outermost folder with a kustomization around what is in `folder`, None if there is none.

        `inside` holds the answers so far, and None for the folder where the search ends.
        """
        if folder not in inside:
            parent = folder.rpartition("/")[0] or "."
            inside[folder] = self._outermost(parent, inside) or (folder if self.kustomization(folder) else None)
        return inside[folder]

    @cached_property
    def _paths(self) -> list[str]:
        if self._files is None:
            paths = self.checkout.manifests.keys() - self._ignored
            return sorted(path for path in paths if is_manifest(posixpath.basename(path)))
        return sorted(path for path, real in self._files.items() if real in self.checkout.manifests)
