"""The files of a checkout, by their path from its root, and what paths in them lead to.

It holds the files, it does not read them: `publish/work_tree.py` does.
"""

import posixpath
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import PurePosixPath

KUSTOMIZATIONS = ("kustomization.yaml", "kustomization.yml", "Kustomization")
# What Flux leaves out of every source: https://fluxcd.io/flux/components/source/gitrepositories/#excluding-files
_IGNORED_FOLDERS = {".git", ".github", ".circleci"}
_IGNORED_FILES = {
    ".travis.yml",
    ".gitlab-ci.yml",
    "appveyor.yml",
    ".drone.yml",
    "cloudbuild.yaml",
    "codeship-services.yml",
    "codeship-steps.yml",
    ".goreleaser.yml",
    ".goreleaser.yaml",
    ".sops.yaml",
    ".flux.yaml",
}


@dataclass(frozen=True, kw_only=True)
class Checkout:
    """The content of files by path: `manifests` are the YAML files and whatever was edited, `other_files` all others.

    `other_files` may read a file only when its content is asked for. `links` maps the path of each symbolic link that
    stays inside the checkout to the path that it stands for.
    """

    manifests: Mapping[str, bytes]
    other_files: Mapping[str, bytes] = field(default_factory=dict)
    links: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def from_contents(cls, contents: Mapping[str, bytes]) -> "Checkout":
        """Return a checkout of files that are held in memory."""
        manifests = {path: data for path, data in contents.items() if is_manifest(posixpath.basename(path))}
        return cls(
            manifests=manifests,
            other_files={path: data for path, data in contents.items() if path not in manifests},
        )

    def with_contents(self, contents: Mapping[str, bytes | None]) -> "Checkout":
        """Return the checkout with the content of some files replaced; None removes a manifest."""
        manifests = {**self.manifests, **contents}
        return replace(self, manifests={path: data for path, data in manifests.items() if data is not None})

    def read(self, path: str) -> bytes | None:
        """Return the content of the file at `path` (as `resolve` gives it), None if there is none."""
        return self.manifests[path] if path in self.manifests else self.other_files.get(path)

    def __contains__(self, path: str) -> bool:
        return path in self.manifests or path in self.other_files

    def resolve(self, folder: str, reference: str) -> str | None:
        """Return the path that `reference` means when written in `folder`; None if it leads out of the checkout."""
        path = posixpath.normpath(posixpath.join(folder, reference))
        if path == ".." or path.startswith(("../", "/")):
            return None
        return self._follow(path) if self.links else path

    def _follow(self, path: str) -> str | None:
        """Return `path` with its links replaced, as often as it takes; None for links that run in circles."""
        for _ in range(40):
            link = next((link for link in _with_parents(path) if link in self.links), None)
            if link is None:
                return path
            path = posixpath.normpath(self.links[link] + path[len(link) :])
        return None


def changed_files(old: Checkout, new: Checkout) -> dict[PurePosixPath, bytes | None]:
    """Return the new content of the manifests that differ, None for one that is removed."""
    changed: dict[str, bytes | None] = {
        path: data
        for path, data in new.manifests.items()
        if old.manifests.get(path) is not data and old.read(path) != data
    }
    changed |= {path: None for path in old.manifests if path not in new.manifests}
    return {PurePosixPath(path): data for path, data in changed.items()}


def is_manifest(name: str) -> bool:
    """Return whether Flux takes a file of this name for YAML."""
    return (name.endswith((".yaml", ".yml")) or name == KUSTOMIZATIONS[2]) and name not in _IGNORED_FILES


def is_ignored_folder(name: str) -> bool:
    """Return whether Flux leaves folders of this name out of every source."""
    return name in _IGNORED_FOLDERS


def _with_parents(path: str) -> Iterable[str]:
    """Yield the folders around `path` and itself, outermost first: the order in which links are followed."""
    parts = path.split("/")
    return ("/".join(parts[: length + 1]) for length in range(len(parts)))
