"""The files of a checkout, by their path from its root. Nothing outside the root is ever read, whatever links say."""

import os
import posixpath
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

KUSTOMIZATIONS = ("kustomization.yaml", "kustomization.yml", "Kustomization")
# What Flux leaves out of every source: https://fluxcd.io/flux/components/source/gitrepositories/#excluding-files
_LEFT_OUT = {".git", ".github", ".circleci"}
_LEFT_OUT_FILES = {
    ".travis.yml", ".gitlab-ci.yml", "appveyor.yml", ".drone.yml", "cloudbuild.yaml", "codeship-services.yml",
    "codeship-steps.yml", ".goreleaser.yml", ".goreleaser.yaml", ".sops.yaml", ".flux.yaml",
}  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class Checkout:
    """`manifests` are the YAML files, read; `others` are paths of files that are read when asked for.

    `links` maps the path of each symbolic link that stays inside to the path that it stands for.
    """

    manifests: Mapping[str, bytes]
    root: Path | None = None
    others: frozenset[str] = frozenset()
    links: Mapping[str, str] = field(default_factory=dict)

    def read(self, path: str) -> bytes | None:
        """The content of the file at `path` (as `resolve` gives it), None if there is none."""
        data = self.manifests.get(path)
        if data is None and self.root and path in self.others:
            return (self.root / path).read_bytes()
        return data

    def resolve(self, folder: str, reference: str) -> str | None:
        """The path that `reference` means when written in `folder`; None if it leads out of the checkout."""
        path = posixpath.normpath(posixpath.join(folder, reference))
        if path.startswith(("..", "/")):
            return None
        return self._follow(path) if self.links else path

    def _follow(self, path: str) -> str | None:
        """`path` with the links in it replaced, as often as it takes; None for links that run in circles."""
        for _ in range(40):
            link = next((link for link in _with_parents(path) if link in self.links), None)
            if link is None:
                return path
            path = posixpath.normpath(self.links[link] + path[len(link) :])
        return None


def read(root: Path) -> Checkout:
    """Read the manifests below `root`."""
    manifests: dict[str, bytes] = {}
    others: set[str] = set()
    links: dict[str, str] = {}
    base = os.path.realpath(root)
    pending = [""]
    while pending:
        folder = pending.pop()
        with os.scandir(f"{base}/{folder}") as entries:
            for entry in entries:
                path = folder + entry.name
                if entry.is_symlink():
                    real = os.path.relpath(os.path.realpath(entry.path), base)
                    if real != ".." and not real.startswith("../"):
                        links[path] = real
                elif entry.is_dir(follow_symlinks=False):
                    if entry.name not in _LEFT_OUT:
                        pending.append(path + "/")
                elif entry.name.endswith((".yaml", ".yml")) or entry.name == KUSTOMIZATIONS[2]:
                    if entry.name not in _LEFT_OUT_FILES:
                        with open(entry.path, "rb") as file:  # noqa: PTH123 - half the time of Path.read_bytes
                            manifests[path] = file.read()
                else:
                    others.add(path)
    return Checkout(manifests=manifests, root=Path(base), others=frozenset(others), links=links)


def _with_parents(path: str) -> Iterable[str]:
    """`path` and the folders around it, outermost first: the order in which links are followed."""
    parts = path.split("/")
    return ("/".join(parts[: length + 1]) for length in range(len(parts)))
