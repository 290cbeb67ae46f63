"""Selects the kustomizations that can lead to the files that matter, without parsing, so that few have to be parsed.

The selection may be too large: whatever looks like a reference counts as one.
"""

import posixpath
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from ..checkout import KUSTOMIZATIONS, Checkout

_UPWARD = re.compile(rb"\.\.[^\s\"',\]}]*")
# Ways to write a path of which the text of the plain path is no part, and files that are only read when asked for.
_ODD = re.compile(rb"[^:]//|/\./|[^./\s\"'-]/\.\.|\\|\.json")


@dataclass(frozen=True, kw_only=True)
class Reach:
    """The manifests that matter, and the kustomizations that can lead to one of them: all by their files."""

    files: frozenset[str]
    kustomizations: frozenset[str]

    @property
    def paths(self) -> frozenset[str]:
        """The files of both."""
        return self.files | self.kustomizations


def find_reach(checkout: Checkout, matters: Callable[[bytes], bool]) -> Reach:
    """Return what matters in a checkout; everything where links or artifacts give a file more than one path."""
    files_by_folder = {posixpath.dirname(path) or ".": path for path in checkout.manifests if is_kustomization(path)}
    kustomizations = {folder: checkout.manifests[path] for folder, path in files_by_folder.items()}
    files = {path for path, data in checkout.manifests.items() if matters(data)}
    if checkout.links or any(b"ArtifactGenerator" in checkout.manifests[path] for path in files):
        return Reach(files=frozenset(checkout.manifests), kustomizations=frozenset(files_by_folder.values()))
    upward: dict[str, set[str]] = {}
    for folder, data in kustomizations.items():
        if b".." in data:
            for target in _upward(folder, data):
                upward.setdefault(target, set()).add(folder)
    reachable = {folder for folder, data in kustomizations.items() if _ODD.search(data)}
    pending = [*files, *reachable]
    while pending:
        path = pending.pop()
        folders = {folder for folder in around(path) if _mentions(kustomizations.get(folder), path, folder)}
        folders |= upward.get(path, set())
        pending += folders - reachable
        reachable |= folders
    return Reach(files=frozenset(files), kustomizations=frozenset(files_by_folder[folder] for folder in reachable))


def is_kustomization(path: str) -> bool:
    """Return whether a file is a kustomization by its name."""
    return path.endswith(KUSTOMIZATIONS) and posixpath.basename(path) in KUSTOMIZATIONS


def around(path: str) -> Iterable[str]:
    """Yield the folders around a path, the innermost first."""
    while path != ".":
        path = posixpath.dirname(path) or "."
        yield path


def _mentions(kustomization: bytes | None, path: str, folder: str) -> bool:
    relative_path = path if folder == "." else path[len(folder) + 1 :]
    return kustomization is not None and relative_path.encode() in kustomization


def _upward(folder: str, data: bytes) -> set[str]:
    """Return the paths that a kustomization names by way of the folder around it (`../`)."""
    references = (match.decode(errors="replace") for match in _UPWARD.findall(data))
    return {posixpath.normpath(posixpath.join(folder, reference)) for reference in references}
