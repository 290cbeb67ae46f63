"""What the tree of a commit has at a path, as `git ls-tree` prints it. Runs nothing."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import PurePosixPath

_FILES = ("100644", "100755")
_SUBMODULE = "160000"


@dataclass(frozen=True, kw_only=True)
class TreeEntry:
    """A file, a symbolic link or a submodule. `sha` is that of the blob, or of the submodule's commit."""

    mode: str
    sha: str

    @property
    def is_file(self) -> bool:
        return self.mode in _FILES

    @property
    def is_submodule(self) -> bool:
        return self.mode == _SUBMODULE


@dataclass(frozen=True, kw_only=True)
class Draft:
    """A tree that may become a commit, and the blob of each file that differs, None for a removed one."""

    tree: str
    blobs: Mapping[PurePosixPath, str | None]


def parse_entries(listing: bytes) -> dict[PurePosixPath, TreeEntry]:
    """Return the entries by path of what `git ls-tree -z` prints."""
    entries: dict[PurePosixPath, TreeEntry] = {}
    for line in listing.split(b"\0"):
        if line:
            attributes, _, path = line.partition(b"\t")
            mode, _, sha = attributes.decode().split(" ")
            entries[PurePosixPath(path.decode(errors="surrogateescape"))] = TreeEntry(mode=mode, sha=sha)
    return entries


def find_obstacle(path: PurePosixPath, entries: Mapping[PurePosixPath, TreeEntry]) -> str | None:
    """Return why a tree with these entries cannot have a file at `path`, or None."""
    for folder in path.parents:
        if entry := entries.get(folder):
            kind = "submodule" if entry.is_submodule else "file"
            return f"{path} is in {folder}, a {kind} here: commits of this repository cannot change it"
    entry = entries.get(path)
    if entry is not None and not entry.is_file:
        return f"{path} is a submodule or a symbolic link, not a file"
    if entry is None and any(path in other.parents for other in entries):
        return f"{path} is a folder"
    return None
