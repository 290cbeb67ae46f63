"""Renders folders of a desired state as Flux would, with `kustomize build`, in a copy outside the workspace.

Flux's own part is played as kustomize-controller plays it: it writes its fields into the folder's kustomization, and
makes one where there is none. Variables are left as they are. https://github.com/fluxcd/pkg/tree/main/kustomize
"""

import os
import posixpath
import shutil
import subprocess
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import Any

import yaml

from .desired.files import KUSTOMIZATIONS, Checkout
from .desired.view import View
from .errors import NotRendered
from .untrusted import one_line

_TIMEOUT = 60.0  # seconds for one folder
_NAMES = (("namespace", "targetNamespace"), ("namePrefix", "namePrefix"), ("nameSuffix", "nameSuffix"))
_LISTS = ("patches", "components")
_FIELDS = {*_LISTS, *(theirs for _, theirs in _NAMES)}

Key = tuple[str, str, str, str]  # API group, kind, namespace, name
Objects = Mapping[Key, Mapping[str, Any]]


@dataclass(frozen=True, kw_only=True)
class Renderer:
    """A copy of the desired state that folders can be rendered in, one after the other."""

    root: Path
    checkout: Checkout
    kustomize: str

    def render(self, folder: str, spec: Mapping[str, Any]) -> Objects:
        """What a folder renders to under the `spec` of a Flux Kustomization (empty: none). Raises NotRendered."""
        file = next((name for name in KUSTOMIZATIONS if (self.root / folder / name).is_file()), None)
        if file and not spec.keys() & _FIELDS:
            return self._build(folder)
        content = self._content(folder, file)
        if not isinstance(content, dict):
            raise NotRendered(f"{folder}/{file} is not a kustomization")
        for ours, theirs in _NAMES:
            if spec.get(theirs):
                content[ours] = spec[theirs]
        for key in _LISTS:
            if spec.get(key):
                content[key] = [*content.get(key, []), *spec[key]]
        with _replaced(self.root / folder / (file or KUSTOMIZATIONS[0]), yaml.safe_dump(content)):
            return self._build(folder)

    def _content(self, folder: str, file: str | None) -> Any:
        if file:
            try:
                return yaml.safe_load((self.root / folder / file).read_bytes())
            except yaml.YAMLError as error:
                raise NotRendered(f"{folder}/{file} is not YAML") from error
        view = View(self.checkout)
        listed = view.scan(folder, view.below(folder))
        return {"resources": [posixpath.relpath(path, folder) for path in listed]}

    def _build(self, folder: str) -> Objects:
        command = [self.kustomize, "build", "--load-restrictor", "LoadRestrictionsNone", folder]
        # Public remote bases are fetched as Flux fetches them; no credential of the job is there to be handed on.
        environ = {"PATH": os.environ.get("PATH", ""), "HOME": str(self.root.parent), "GIT_TERMINAL_PROMPT": "0"}
        try:
            result = subprocess.run(  # noqa: S603 - an argument list, no shell, and no event text in it
                command, cwd=self.root, env=environ, capture_output=True, timeout=_TIMEOUT, check=False
            )
        except subprocess.TimeoutExpired as error:
            raise NotRendered(f"kustomize build {folder} took more than {_TIMEOUT:.0f} s") from error
        if result.returncode != 0:
            said = one_line(result.stderr.decode(errors="replace").strip().replace(str(self.root), "."), limit=400)
            raise NotRendered(f"kustomize build {folder}: {said}")
        loaded = yaml.load_all(result.stdout, getattr(yaml, "CSafeLoader", yaml.SafeLoader))
        return {_key(each): each for each in loaded if each}


@contextmanager
def copy(checkout: Checkout, kustomize: str) -> Iterator[Renderer]:
    """A renderer for the desired state as a checkout holds it, in a folder of its own."""
    with tempfile.TemporaryDirectory(prefix="falco-dispatch-") as folder:
        root = Path(folder) / "state"
        for path, content in chain(checkout.manifests.items(), checkout.others.items()):
            file = root / path
            file.parent.mkdir(parents=True, exist_ok=True)
            if isinstance(content, bytes):
                file.write_bytes(content)
            else:
                _link(content, file)
        for path, real in checkout.links.items():
            (root / path).parent.mkdir(parents=True, exist_ok=True)
            (root / path).symlink_to(os.path.relpath(root / real, (root / path).parent))
        yield Renderer(root=root, checkout=checkout, kustomize=kustomize)


@contextmanager
def _replaced(file: Path, content: str) -> Iterator[None]:
    """Another content for a file; what it is linked to stays as it is."""
    kept = file.with_name(file.name + ".kept")
    if file.exists():
        file.rename(kept)
    file.write_text(content)
    try:
        yield
    finally:
        file.unlink()
        if kept.exists():
            kept.rename(file)


def _link(source: str, target: Path) -> None:
    """A link instead of a copy where the file system can: thousands of files are there at once."""
    try:
        os.link(source, target)
    except OSError:
        shutil.copyfile(source, target)


def _key(each: Mapping[str, Any]) -> Key:
    meta = each.get("metadata") or {}
    group = str(each.get("apiVersion", "")).rpartition("/")[0]
    return group, str(each.get("kind")), str(meta.get("namespace") or ""), str(meta.get("name"))
