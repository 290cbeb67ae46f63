"""The files of a checkout, by their path from its root. Nothing outside the root is ever read, whatever links say."""

import os
import posixpath
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path, PurePosixPath

KUSTOMIZATIONS = ("kustomization.yaml", "kustomization.yml", "Kustomization")
# What Flux leaves out of every source: https://fluxcd.io/flux/components/source/gitrepositories/#excluding-files
_LEFT_OUT = {".git", ".github", ".circleci"}
_LEFT_OUT_FILES = {
    ".travis.yml", ".gitlab-ci.yml", "appveyor.yml", ".drone.yml", "cloudbuild.yaml", "codeship-services.yml",
    "codeship-steps.yml", ".goreleaser.yml", ".goreleaser.yaml", ".sops.yaml", ".flux.yaml",
}  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class Checkout:
    """`manifests` are the YAML files; `others` are all others, each with its content or where that can be read.

    `links` maps the path of each symbolic link that stays inside to the path that it stands for.
    """

    manifests: Mapping[str, bytes]
    others: Mapping[str, bytes | str] = field(default_factory=dict)
    links: Mapping[str, str] = field(default_factory=dict)

    def read(self, path: str) -> bytes | None:
        """The content of the file at `path` (as `resolve` gives it), None if there is none."""
        data = self.manifests.get(path, self.others.get(path))
        return Path(data).read_bytes() if isinstance(data, str) else data

    def changed(self, contents: Mapping[str, bytes]) -> "Checkout":
        """The checkout with the content of some of its files replaced."""
        manifests = {path: data for path, data in contents.items() if path in self.manifests}
        others = {path: data for path, data in contents.items() if path not in self.manifests}
        return replace(self, manifests={**self.manifests, **manifests}, others={**self.others, **others})

    def resolve(self, folder: str, reference: str) -> str | None:
        """The path that `reference` means when written in `folder`; None if it leads out of the checkout."""
        path = posixpath.normpath(posixpath.join(folder, reference))
        if path == ".." or path.startswith(("../", "/")):
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
    others: dict[str, bytes | str] = {}
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
                elif is_manifest(entry.name):
                    with open(entry.path, "rb") as file:  # noqa: PTH123 - half the time of Path.read_bytes
                        manifests[path] = file.read()
                else:
                    others[path] = entry.path
    return Checkout(manifests=manifests, others=others, links=links)


def hold(contents: Mapping[str, bytes]) -> Checkout:
    """A checkout of files that are held in memory."""
    manifests = {path: data for path, data in contents.items() if is_manifest(posixpath.basename(path))}
    return Checkout(manifests=manifests, others={path: contents[path] for path in contents.keys() - manifests.keys()})


def changed_files(before: Checkout, after: Checkout) -> dict[PurePosixPath, bytes | None]:
    """Return the new content of the manifests that differ, None for one that is removed."""
    changed: dict[str, bytes | None] = {
        path: data
        for path, data in after.manifests.items()
        if before.manifests.get(path) is not data and before.read(path) != data
    }
    changed |= {path: None for path in before.manifests if path not in after.manifests}
    return {PurePosixPath(path): data for path, data in changed.items()}


def is_manifest(name: str) -> bool:
    """Whether a file is one that Flux takes for YAML by its name."""
    return (name.endswith((".yaml", ".yml")) or name == KUSTOMIZATIONS[2]) and name not in _LEFT_OUT_FILES


def _with_parents(path: str) -> Iterable[str]:
    """`path` and the folders around it, outermost first: the order in which links are followed."""
    parts = path.split("/")
    return ("/".join(parts[: length + 1]) for length in range(len(parts)))
