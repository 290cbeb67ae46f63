"""Renders folders of a desired state as Flux would, with `kustomize build`, in a copy outside the workspace.

Does what kustomize-controller does before the build: it rewrites the folder's kustomization (see `flux_generator`), and
makes one where there is none. Variables are left as they are. https://github.com/fluxcd/pkg/tree/main/kustomize
"""

import json
import os
import posixpath
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from ..errors import BrokenFolder, NotRendered
from ..escape import one_line
from ..gitops import manifests
from ..gitops.checkout import KUSTOMIZATIONS, Checkout
from ..gitops.source_tree import SourceTree
from . import sandbox
from .failure import failure
from .flux_generator import generate
from .load_paths import check_paths
from .render_target import RenderTarget
from .rendered import Objects, key_of

_TIMEOUT = 60.0  # seconds for one folder

Copy = Callable[[str, Path], None]  # copies the file at a path of the checkout to another path


class Renderer:
    """A copy of a source that folders can be rendered in, one after the other."""

    def __init__(self, root: Path, kustomize: str, *, copy: Copy | None = None) -> None:
        self._root = root
        self._kustomize = kustomize
        self._copy = copy
        self._held = SourceTree(Checkout.from_contents({}))
        self._written: dict[str, bytes | str] = {}  # as `_content` returns it

    def hold(self, tree: SourceTree) -> None:
        """Become a copy of a source. Only files that differ from those of the former source are written."""
        self._held = tree
        files = {path: self._content(tree.checkout, real) for path, real in tree.files.items()}
        for path, content in files.items():
            if self._written.get(path) != content:
                self._write(self._root / path, content)
        for path in self._written.keys() - files.keys():
            (self._root / path).unlink()
        self._written = files
        for path, real in tree.links.items():
            link = self._root / path
            link.parent.mkdir(parents=True, exist_ok=True)
            if not link.is_symlink():
                link.symlink_to(os.path.relpath(self._root / real, link.parent))

    def render_target(self, target: RenderTarget) -> Objects:
        """Return what a target renders to. Raise NotRendered."""
        self.hold(target.tree)
        return self.render(
            target.path, target.applier.as_flux_kustomization.spec if target.applier else {}, only=target.only
        )

    def render(self, folder: str, spec: Mapping[str, Any], *, only: str | None = None) -> Objects:
        """Return what a folder, or `only` one file of it, renders to under the `spec` of a Flux Kustomization.

        Raise NotRendered.
        """
        if not (self._root / folder).is_dir():
            raise NotRendered(f"there is no folder {folder}")
        file = next((name for name in KUSTOMIZATIONS if (self._root / folder / name).is_file()), None)
        if only and not (self._root / folder / only).exists():
            return {}
        declared = {"resources": [only]} if only else self._kustomization(folder, file)
        if not isinstance(declared, dict):
            raise BrokenFolder(f"{folder}/{file} is not a kustomization")
        content = generate(declared, spec, lambda path: (self._root / folder / path).exists())
        check_paths(self._held, folder, content)
        if file and content == declared and not only:
            return self._build(folder)
        with _replaced(self._root / folder / (file or KUSTOMIZATIONS[0]), json.dumps(content, default=str)):
            return self._build(folder)

    def _content(self, checkout: Checkout, path: str) -> bytes | str:
        """Return the content of a file, or its path in the checkout where it can be copied without being read."""
        if self._copy and path not in checkout.manifests:
            return path
        return checkout.read(path) or b""

    def _write(self, target: Path, content: bytes | str) -> None:
        target.parent.mkdir(parents=True, exist_ok=True)
        target.unlink(missing_ok=True)  # it may be a link to a file of the work tree
        if isinstance(content, bytes):
            target.write_bytes(content)
        elif self._copy:
            self._copy(content, target)

    def _kustomization(self, folder: str, file: str | None) -> Any:
        if file is None:
            paths = self._held.scan(folder, self._held.below(folder))
            return {"resources": [posixpath.relpath(path, folder) for path in paths]}
        try:
            return manifests.load((self._root / folder / file).read_bytes())
        except manifests.TooLarge as error:
            raise NotRendered(f"{folder}/{file}: {error}") from error
        except manifests.Unreadable as error:
            raise BrokenFolder(f"{folder}/{file} is not YAML") from error

    def _build(self, folder: str) -> Objects:
        command = [self._kustomize, "build", "--load-restrictor", "LoadRestrictionsNone", folder]
        scratch = self._root.with_name(f"{self._root.name}-scratch")
        try:
            result = sandbox.run(command, root=self._root, scratch=scratch, timeout=_TIMEOUT)
        except OSError as error:
            raise NotRendered(f"kustomize cannot be started: {error.strerror}") from error
        if result.code is None:
            raise NotRendered(f"kustomize build {folder} took more than {_TIMEOUT:.0f} s")
        if result.code < 0:
            raise NotRendered(f"kustomize build {folder} was ended by signal {-result.code}")
        if result.code != 0:
            message = result.errors.decode(errors="replace").strip().replace(str(self._root), ".")
            raise failure(folder, one_line(message, limit=400), self._held.checkout)
        try:
            return {key_of(content): content for content in manifests.load_all(result.output) if content}
        except manifests.Unreadable as error:
            raise NotRendered(f"kustomize build {folder} gives no YAML: {one_line(error)}") from error


@contextmanager
def _replaced(file: Path, content: str) -> Iterator[None]:
    """Replace the content of a file for a while. A file that it is a hard link of stays as it is."""
    backup = file.with_name(file.name + ".kept")
    if file.exists():
        file.rename(backup)
    file.write_text(content)
    try:
        yield
    finally:
        file.unlink()
        if backup.exists():
            backup.rename(file)
