"""A Kubernetes secret volume, as the kubelet keeps it.

Each file is a symlink through `..data`, itself a symlink to the folder of the present version: all of them change when
that one is swapped. https://github.com/kubernetes/kubernetes/blob/master/pkg/volume/util/atomic_writer.go
"""

import itertools
import shutil
from pathlib import Path


class Volume:
    """The folder, with another version of its files at each `put`."""

    def __init__(self, path: Path) -> None:
        path.mkdir()
        self.path = path
        self._versions = itertools.count()

    def put(self, **files: bytes) -> None:
        """All files of the new version by their names, in which underscores stand for dots."""
        data = self.path / "..data"
        former = data.resolve() if data.is_symlink() else None
        version = self.path / f"..version-{next(self._versions)}"
        version.mkdir()
        for name, content in files.items():
            (version / name.replace("_", ".")).write_bytes(content)
        new = self.path / "..data_tmp"
        new.symlink_to(version.name)
        new.replace(data)
        for name in (name.replace("_", ".") for name in files):
            if not (self.path / name).is_symlink():
                (self.path / name).symlink_to(Path("..data") / name)
        if former:
            shutil.rmtree(former)
