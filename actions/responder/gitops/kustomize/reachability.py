"""Which kustomizations can lead to the files that matter, told without parsing them, so that few have to be parsed.

Errs on the side of too many: whatever reads like a reference counts as one.
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
        return self.files | self.kustomizations


def find(checkout: Checkout, matters: Callable[[bytes], bool]) -> Reach:
    """What matters in a checkout; everything where links or artifacts give a file more than one path."""
    listed = {posixpath.dirname(path) or ".": path for path in checkout.manifests if is_kustomization(path)}
    kustomizations = {folder: checkout.manifests[path] for folder, path in listed.items()}
    files = {path for path, data in checkout.manifests.items() if matters(data)}
    if checkout.links or any(b"ArtifactGenerator" in checkout.manifests[path] for path in files):
        return Reach(files=frozenset(checkout.manifests), kustomizations=frozenset(listed.values()))
    upward: dict[str, set[str]] = {}
    for folder, data in kustomizations.items():
        if b".." in data:
            for target in _upward(folder, data):
                upward.setdefault(target, set()).add(folder)
    found = {folder for folder, data in kustomizations.items() if _ODD.search(data)}
    pending = [*files, *found]
    while pending:
        path = pending.pop()
        new = {folder for folder in around(path) if _mentions(kustomizations.get(folder), path, folder)}
        new |= upward.get(path, set())
        pending += new - found
        found |= new
    return Reach(files=frozenset(files), kustomizations=frozenset(listed[folder] for folder in found))


def is_kustomization(path: str) -> bool:
    """Whether a file is a kustomization by its name."""
    return path.endswith(KUSTOMIZATIONS) and posixpath.basename(path) in KUSTOMIZATIONS


def around(path: str) -> Iterable[str]:
    """The folders around a path, the innermost first."""
    while path != ".":
        path = posixpath.dirname(path) or "."
        yield path


def _mentions(kustomization: bytes | None, path: str, folder: str) -> bool:
    below = path if folder == "." else path[len(folder) + 1 :]
    return kustomization is not None and below.encode() in kustomization


def _upward(folder: str, data: bytes) -> set[str]:
    """The paths that a kustomization names by way of the folder around it."""
    references = (match.decode(errors="replace") for match in _UPWARD.findall(data))
    return {posixpath.normpath(posixpath.join(folder, reference)) for reference in references}
