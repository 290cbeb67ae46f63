"""Whether the rendered clusters differ in the responses alone.

Every folder that the edited files reach is rendered before and after. In the cluster of a response its object has to
differ in the wanted field and in nothing else; every other object of every cluster has to be the same.
"""

import difflib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import PurePosixPath
from typing import Any

import yaml

from . import change, render
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
    """How it stands and why; `rendered` are the folders that were, `diff` how the rendered objects differ."""

    standing: Standing
    reason: str
    rendered: tuple[str, ...] = ()
    diff: str = ""


@dataclass(frozen=True, kw_only=True)
class Claim:
    """What a response says it does: one object of one cluster becomes what is wanted."""

    applied: Applied
    wanted: Wanted

    def is_about(self, cluster: str, key: Key) -> bool:
        group, kind, namespace, name = key
        id_ = self.applied.object.id
        namespaces = {each.namespace or "" for each in self.applied.object.ids}
        return (
            (cluster, group, kind) == (self.applied.cluster, id_.group, id_.kind)
            and name in {each.name for each in self.applied.object.ids}
            and namespace in namespaces
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
    """A folder that a cluster is given, and the Flux Kustomization that does it: None for what none here does."""

    cluster: str
    path: str
    sync: Applied | None = field(compare=False, default=None)

    @property
    def spec(self) -> Mapping[str, Any]:
        return self.sync.as_sync.spec if self.sync else {}

    def __str__(self) -> str:
        return f"{self.path} in cluster {self.cluster}"


def prove(
    before: Checkout, after: Checkout, claims: Sequence[Claim], *,
    desired: Iterable[tuple[Desired, Desired]], kustomize: str | None,
) -> Proof:  # fmt: skip
    """Render and compare. `desired` has, for each response, the tree before and after the edits."""
    if kustomize is None:
        return Proof(standing=Standing.NOT_POSSIBLE, reason="there is no kustomize on the PATH")
    changed = {str(path) for path in change.files(before, after)}
    pairs = {old: new for trees in desired for old, new in _reached(*trees, changed)}
    with render.copy(before, kustomize) as old, render.copy(after, kustomize) as new:
        return _compare(pairs, claims, old, new)


def _compare(pairs: Mapping[_Folder, _Folder], claims: Sequence[Claim], old: Renderer, new: Renderer) -> Proof:
    met: list[Claim] = []
    diffs: list[str] = []
    skipped: list[str] = []
    for first, second in pairs.items():
        try:
            before = old.render(first.path, first.spec)
        except NotRendered as error:
            skipped.append(str(error))
            continue
        try:
            after = new.render(second.path, second.spec)
        except NotRendered as error:
            return Proof(standing=Standing.DISPROVED, reason=f"{first} does not render any more: {error}")
        for key in _differing(before, after):
            diffs.append(_diff(first, key, before, after))
            claim = next((each for each in claims if each.is_about(first.cluster, key)), None)
            if claim is None or not claim.explains(before.get(key), after.get(key)):
                reason = f"{_said(key)} of {first} would change, which is not the response"
                return Proof(standing=Standing.DISPROVED, reason=reason, diff="\n".join(diffs))
            met.append(claim)
    rendered = tuple(str(folder) for folder in pairs)
    missing = [str(claim.applied) for claim in claims if claim not in met]
    if skipped:
        return Proof(standing=Standing.NOT_POSSIBLE, reason="; ".join(skipped), diff="\n".join(diffs))
    if missing:
        reason = f"the commit would do nothing to {', '.join(missing)}: its rendering stays the same"
        return Proof(standing=Standing.DISPROVED, reason=reason, rendered=rendered)
    count = f"{len(rendered)} folder{'s' if len(rendered) > 1 else ''} rendered"
    return Proof(
        standing=Standing.PROVED, reason=f"{count} before and after: the response is the only difference",
        rendered=rendered, diff="\n".join(diffs),
    )  # fmt: skip


def _reached(before: Desired, after: Desired, changed: set[str]) -> Iterator[tuple[_Folder, _Folder]]:
    """The folders whose rendering the changed files can reach, as they are given before and after."""
    then = {each.identity: each for each in after.applied}
    for each in before.applied:
        folder = _folder(each)
        declared_here = _files(each) & changed
        sync_changed = each.sync is not None and bool(_files(each.sync) & changed)
        if folder and (declared_here or sync_changed):
            new = then.get(each.identity, each)
            yield folder, _folder(new) or folder


def _files(applied: Applied) -> set[str]:
    """The files that an object is read through."""
    declared = applied.object
    patches = {layer.patch.place.file for layer in declared.layers if layer.patch.place}
    return {declared.file, *(step.file for step in declared.steps if step.file), *patches}


def _folder(applied: Applied) -> _Folder | None:
    if applied.sync:
        path = applied.sync.as_sync.folder
        return _Folder(applied.cluster, path, applied.sync) if path is not None else None
    steps = applied.object.steps
    if steps and steps[-1].view:
        return None  # an artifact that is put together in the cluster
    path = steps[-1].folder if steps else str(PurePosixPath(applied.object.file).parent)
    return _Folder(applied.cluster, path)


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
