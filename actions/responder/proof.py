"""Whether the rendered clusters differ in the response alone.

Every folder that the edited files reach is rendered before and after. In the cluster of a response its object has to
differ in the wanted field and in nothing else; every other object of every cluster has to be the same.
"""

import difflib
import posixpath
import shutil
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Any

import yaml

from . import change
from .desired.declared import find, set_in
from .desired.files import Checkout
from .desired.home import Wanted
from .desired.roots import Desired
from .desired.tree import Applied
from .errors import NotRendered
from .render import Key, Objects, Renderer

_SHOWN = 200  # lines of a rendered difference


class Standing(StrEnum):
    """How a proof stands."""

    PROVED = "proved"
    DISPROVED = "disproved"
    NOT_POSSIBLE = "not possible"


@dataclass(frozen=True, kw_only=True)
class Proof:
    """How it stands and why, in a sentence; `diff` is how the rendered objects differ."""

    standing: Standing
    reason: str
    diff: str = ""


@dataclass(frozen=True, kw_only=True)
class Claim:
    """What a response says it does: one object of one cluster becomes what is wanted."""

    applied: Applied
    wanted: Wanted

    def is_about(self, cluster: str, key: Key) -> bool:
        """Whether it is about an object as a folder renders it, where variables are not yet replaced."""
        group, kind, namespace, name = key
        ids = self.applied.object.ids
        return (
            (cluster, group, kind) == (self.applied.cluster, ids[-1].group, ids[-1].kind)
            and name in {each.name for each in ids}
            and namespace in {each.namespace or "" for each in ids}
        )

    def explains(self, before: Mapping[str, Any] | None, after: Mapping[str, Any] | None) -> bool:
        """Whether the difference is what is wanted and nothing besides."""
        if before is None or not self.wanted.keys:
            return before is not None and after is None
        value = self.wanted.value
        if self.wanted.append:
            value = [*(find(before, self.wanted.keys) or []), value]
        return after == set_in(before, self.wanted.keys, value)


@dataclass(frozen=True)
class _Folder:
    """What a cluster is given of the repository: a folder, or `only` one file of it that no kustomization reads.

    `sync` is the Flux Kustomization that gives it; None for what none here does.
    """

    cluster: str
    path: str
    only: str | None = None
    sync: Applied | None = field(compare=False, default=None)

    def render(self, renderer: Renderer) -> Objects:
        return renderer.render(self.path, self.sync.as_sync.spec if self.sync else {}, only=self.only)

    def __str__(self) -> str:
        return f"{posixpath.join(self.path, self.only) if self.only else self.path} in cluster {self.cluster}"


class Prover:
    """Renders desired states before and after; `required` says that nothing is to be done without a proof."""

    def __init__(self, before: Renderer | None, after: Renderer | None, *, required: bool) -> None:
        self._before = before
        self._after = after
        self.required = required

    def prove(
        self, before: tuple[Checkout, Desired], after: tuple[Checkout, Desired], claims: Sequence[Claim]
    ) -> Proof:
        """Compare what a response leaves with what it found."""
        if self._before is None or self._after is None:
            return Proof(standing=Standing.NOT_POSSIBLE, reason="there is no kustomize on the PATH")
        changed = {str(path) for path in change.files(before[0], after[0])}
        pairs = dict(_reached(before[1], after[1], changed))
        self._before.hold(before[0])
        self._after.hold(after[0])
        return _compare(pairs, claims, self._before, self._after)


@contextmanager
def prover(*, required: bool) -> Iterator[Prover]:
    """A prover with the kustomize that is on the PATH, if one is."""
    kustomize = shutil.which("kustomize")
    if kustomize is None:
        yield Prover(None, None, required=required)
        return
    with tempfile.TemporaryDirectory(prefix="falco-dispatch-") as folder:
        roots = [Path(folder, name) for name in ("before", "after")]
        for root in roots:
            root.mkdir()
        before, after = (Renderer(root, kustomize) for root in roots)
        yield Prover(before, after, required=required)


def _compare(pairs: Mapping[_Folder, _Folder], claims: Sequence[Claim], old: Renderer, new: Renderer) -> Proof:
    met: list[Claim] = []
    diffs: list[str] = []
    skipped: list[str] = []
    for first, second in pairs.items():
        try:
            before = first.render(old)
        except NotRendered as error:
            skipped.append(str(error))
            continue
        try:
            after = second.render(new)
        except NotRendered as error:
            return Proof(standing=Standing.DISPROVED, reason=f"{first} does not render any more: {error}")
        for key in _differing(before, after):
            diffs.append(_diff(first, key, before, after))
            if _is_followed(pairs, first.cluster, key):
                continue
            claim = next((each for each in claims if each.is_about(first.cluster, key)), None)
            if claim is None or not claim.explains(before.get(key), after.get(key)):
                reason = f"{_said(key)} of {first} would change, which is not the response"
                return Proof(standing=Standing.DISPROVED, reason=reason, diff="\n".join(diffs))
            met.append(claim)
    diff = "\n".join(diffs)
    missing = [str(claim.applied) for claim in claims if claim not in met]
    if skipped:
        return Proof(standing=Standing.NOT_POSSIBLE, reason="; ".join(dict.fromkeys(skipped)), diff=diff)
    if missing:
        reason = f"the commit would do nothing to {', '.join(missing)}: its rendering stays the same"
        return Proof(standing=Standing.DISPROVED, reason=reason, diff=diff)
    folders = "; ".join(map(str, pairs))
    return Proof(standing=Standing.PROVED, reason=f"the response is the only difference in {folders}", diff=diff)


def _is_followed(pairs: Mapping[_Folder, _Folder], cluster: str, key: Key) -> bool:
    """Whether it is a Flux Kustomization whose own folder is compared: that says what its change leads to."""
    syncs = [each.sync for each in pairs if each.sync and each.cluster == cluster]
    return any(Claim(applied=each, wanted=Wanted()).is_about(each.cluster, key) for each in syncs)


def _reached(before: Desired, after: Desired, changed: set[str]) -> Iterator[tuple[_Folder, _Folder]]:
    """The folders whose rendering the changed files can reach, as they are given before and after."""
    then = {each.identity: each for each in after.applied}
    for each in before.applied:
        folder = _folder(each)
        if folder and changed & (_files(each) | (_files(each.sync) if each.sync else set())):
            yield folder, _folder(then.get(each.identity, each)) or folder


def _files(applied: Applied) -> set[str]:
    """The files that an object is read through."""
    declared = applied.object
    patches = {layer.patch.place.file for layer in declared.layers if layer.patch.place}
    return {declared.file, *(step.file for step in declared.steps if step.file), *patches}


def _folder(applied: Applied) -> _Folder | None:
    """The folder that an object comes from; None for one of an artifact, which is put together in the cluster."""
    steps = applied.object.steps
    if steps and steps[-1].view:
        return None
    if applied.sync:
        path = applied.sync.as_sync.folder
        return _Folder(applied.cluster, path, sync=applied.sync) if path is not None else None
    if steps and steps[-1].file:
        return _Folder(applied.cluster, steps[-1].folder)
    folder, name = posixpath.split(applied.object.file)
    return _Folder(applied.cluster, folder or ".", only=name)


def _differing(before: Objects, after: Objects) -> list[Key]:
    return sorted(key for key in before.keys() | after.keys() if before.get(key) != after.get(key))


def _diff(folder: _Folder, key: Key, before: Objects, after: Objects) -> str:
    name = f"{_said(key)} of {folder}"
    lines = list(difflib.unified_diff(_text(before.get(key)), _text(after.get(key)), name, name, lineterm="", n=2))
    return "\n".join([*lines[:_SHOWN], *(["…"] if len(lines) > _SHOWN else [])])


def _text(rendered: Mapping[str, Any] | None) -> list[str]:
    return yaml.safe_dump(rendered, sort_keys=False).splitlines() if rendered else []


def _said(key: Key) -> str:
    _, kind, namespace, name = key
    return f"{kind} {namespace or '-'}/{name}"
