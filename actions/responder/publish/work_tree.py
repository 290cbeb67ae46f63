"""The work tree that the desired state lies in, as the checkout that the rest of the action reads.

Nothing outside the root is read, whatever symbolic links say. Manifests are read at once; any other file is read when
its content is asked for, because most of them never are. So is a manifest that the runner may not read.
"""

import os
import shutil
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from ..gitops.checkout import Checkout, is_ignored_folder, is_manifest


@dataclass(frozen=True)
class WorkTree:
    """The files below `root`."""

    root: Path

    def checkout(self) -> Checkout:
        """Read the manifests and list the other files."""
        manifests: dict[str, bytes] = {}
        other_files: set[str] = set()
        links: dict[str, str] = {}
        base = os.path.realpath(self.root)
        pending = [""]
        while pending:
            folder = pending.pop()
            with os.scandir(f"{base}/{folder}") as entries:
                for entry in entries:
                    path = folder + entry.name
                    if entry.is_symlink():
                        target = os.path.relpath(os.path.realpath(entry.path), base)
                        if target != ".." and not target.startswith("../"):
                            links[path] = target
                    elif entry.is_dir(follow_symlinks=False):
                        if not is_ignored_folder(entry.name):
                            pending.append(path + "/")
                    elif not entry.is_file(follow_symlinks=False):
                        continue  # a pipe or a socket: reading it could take for ever
                    elif is_manifest(entry.name) and (data := _read(entry.path)) is not None:
                        manifests[path] = data
                    else:
                        other_files.add(path)
        return Checkout(manifests=manifests, other_files=_UnreadFiles(Path(base), other_files), links=links)

    def copy(self, path: str, target: Path) -> None:
        """Make `target` a copy of the file at `path`: a hard link where possible, because there can be thousands."""
        source = self.root / path
        try:
            os.link(source, target)
        except OSError:
            shutil.copyfile(source, target)


def _read(path: str) -> bytes | None:
    """Return the content of a file, None where the runner may not read it."""
    try:
        with open(path, "rb") as file:  # noqa: PTH123 - half the time of Path.read_bytes
            return file.read()
    except PermissionError:
        return None


class _UnreadFiles(Mapping[str, bytes]):
    """Files by path; the content is read from the disk at each access."""

    def __init__(self, root: Path, paths: set[str]) -> None:
        self._root = root
        self._paths = paths

    def __getitem__(self, path: str) -> bytes:
        if path not in self._paths:
            raise KeyError(path)
        return (self._root / path).read_bytes()

    def __contains__(self, path: object) -> bool:
        return path in self._paths

    def __iter__(self) -> Iterator[str]:
        return iter(self._paths)

    def __len__(self) -> int:
        return len(self._paths)
