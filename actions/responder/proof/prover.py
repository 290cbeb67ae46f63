"""Whether the rendered clusters differ in the response alone.

Every folder that the edited files reach is rendered before and after. In the cluster of a response its object has to
differ in the wanted field and in nothing else; every other object of every cluster has to be the same.
"""

import difflib
import json
import shutil
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any

import yaml

from ..errors import NotRendered
from ..gitops.flux.clusters import Desired
from ..gitops.flux.reconcile import Applied
from ..gitops.kustomize.patches import operate
from ..gitops.kustomize.resource import find, set_in
from ..gitops.placement.placement import Wanted
from ..plan import changes
from .kustomize_build import Key, Objects, Renderer
from .render_target import Folder

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

    def __str__(self) -> str:
        return str(self.applied)

    def after(self, before: Mapping[str, Any] | None) -> Mapping[str, Any] | None:
        """What the object becomes; None if it goes."""
        if before is None or self.wanted.is_removal:
            return None
        if self.wanted.operations:
            return operate(before, self.wanted.operations)
        value = self.wanted.value
        if self.wanted.append:
            value = [*(find(before, self.wanted.keys) or []), value]
        return set_in(before, self.wanted.keys, value)


@dataclass(frozen=True, kw_only=True)
class Addition:
    """What a response adds to a cluster: an object with this content, but for what kustomizations do to its name."""

    cluster: str
    content: Mapping[str, Any]

    def __str__(self) -> str:
        return f"{self.content['kind']} {self.content['metadata']['name']}"

    def is_about(self, cluster: str, key: Key) -> bool:
        """Whether it is about an object as a folder renders it."""
        group = str(self.content["apiVersion"]).rpartition("/")[0]
        found = (cluster, key[0], key[1]) == (self.cluster, group, self.content["kind"])
        return found and self.content["metadata"]["name"] in key[3]

    def is_in(self, after: Mapping[str, Any] | None) -> bool:
        """Whether the object is what was to be added; a kustomization may have added labels to its selector."""
        selector = ("spec", "podSelector", "matchLabels")
        labels = find(self.content, selector)
        found = find(after, selector)
        if not isinstance(after, dict) or not isinstance(found, dict) or not labels.items() <= found.items():
            return False
        return bool(set_in(after, selector, labels)["spec"] == self.content["spec"])


class Prover:
    """Renders desired states before and after; `required` says that nothing is to be done without a proof.

    The copies are made in `folder`. Without a `kustomize` no proof is possible.
    """

    def __init__(self, kustomize: str | None, folder: Path, *, required: bool) -> None:
        self.required = required
        self._kustomize = kustomize
        self._folder = folder
        self._renderers: dict[tuple[str, str], Renderer] = {}
        self._failed: dict[Folder, NotRendered] = {}

    def prove(self, before: Desired, after: Desired, claims: Sequence[Claim | Addition]) -> Proof:
        """Compare what a response leaves with what it found."""
        if self._kustomize is None:
            return Proof(standing=Standing.NOT_POSSIBLE, reason="there is no kustomize on the PATH")
        changed = {str(path) for path in changes.files(before.sources.checkout, after.sources.checkout)}
        pairs = dict(_reached(before, after, changed))
        if not pairs:
            return Proof(standing=Standing.NOT_POSSIBLE, reason=f"no folder reads {', '.join(sorted(changed))}")
        return _compare(pairs, claims, self._render)

    def _render(self, when: str, folder: Folder) -> Objects:
        """The objects of a folder; each source has a copy of its own, `before` and `after`.

        What has failed is not tried again for the next response: a fetch that fails can take a minute.
        """
        if folder in self._failed:
            raise self._failed[folder]
        key = when, folder.source
        if key not in self._renderers:
            root = self._folder / f"{when}-{len(self._renderers)}"
            root.mkdir()
            self._renderers[key] = Renderer(root, str(self._kustomize))
        try:
            return folder.render(self._renderers[key])
        except NotRendered as error:
            if when == "before":
                self._failed[folder] = error
            raise


@contextmanager
def prover(*, required: bool) -> Iterator[Prover]:
    """A prover with the kustomize that is on the PATH, if one is."""
    with tempfile.TemporaryDirectory(prefix="falco-dispatch-") as folder:
        yield Prover(shutil.which("kustomize"), Path(folder), required=required)


def _compare(
    pairs: Mapping[Folder, Folder], claims: Sequence[Claim | Addition], render: Callable[[str, Folder], Objects]
) -> Proof:
    met: list[Claim | Addition] = []
    diffs: list[str] = []
    skipped: list[str] = []
    for first, second in pairs.items():
        try:
            before = render("before", first)
        except NotRendered as error:
            skipped.append(str(error))
            continue
        try:
            after = render("after", second)
        except NotRendered as error:
            return Proof(standing=Standing.DISPROVED, reason=f"{first} does not render any more: {error}")
        for key in _differing(before, after):
            diffs.append(_diff(first, key, before, after))
            if _is_followed(pairs, first.cluster, key):
                continue
            meant = [each for each in claims if each.is_about(first.cluster, key)]
            if not _is_explained(meant, before.get(key), after.get(key)):
                reason = f"{_said(key)} of {first} would change, which is not the response"
                return Proof(standing=Standing.DISPROVED, reason=reason, diff="\n".join(diffs))
            met += meant
    diff = "\n".join(diffs)
    missing = [str(claim) for claim in claims if claim not in met]
    if skipped:
        return Proof(standing=Standing.NOT_POSSIBLE, reason="; ".join(dict.fromkeys(skipped)), diff=diff)
    if missing:
        reason = f"the commit would do nothing to {', '.join(missing)}: its rendering stays the same"
        return Proof(standing=Standing.DISPROVED, reason=reason, diff=diff)
    folders = "; ".join(map(str, pairs))
    return Proof(standing=Standing.PROVED, reason=f"the response is the only difference in {folders}", diff=diff)


def _is_explained(
    claims: Sequence[Claim | Addition], before: Mapping[str, Any] | None, after: Mapping[str, Any] | None
) -> bool:
    """Whether the difference is what is claimed and nothing besides."""
    if before is None:
        return any(isinstance(each, Addition) and each.is_in(after) for each in claims)
    expected: Mapping[str, Any] | None = before
    for each in claims:
        if isinstance(each, Claim):
            expected = each.after(expected)
    return bool(claims) and after == expected


def _is_followed(pairs: Mapping[Folder, Folder], cluster: str, key: Key) -> bool:
    """Whether it is a Flux Kustomization whose own folder is compared: that says what its change leads to."""
    syncs = [each.sync for each in pairs if each.sync and each.cluster == cluster]
    return any(Claim(applied=each, wanted=Wanted()).is_about(each.cluster, key) for each in syncs)


def _reached(before: Desired, after: Desired, changed: set[str]) -> Iterator[tuple[Folder, Folder]]:
    """The folders whose rendering the changed files can reach, as they are given before and after."""
    then = {each.identity: each for each in after.applied}
    for each in before.applied:
        folder = Folder.of(each, before)
        if changed & (_files(each) | (_files(each.sync) if each.sync else set())) or folder.lists(changed):
            yield folder, Folder.of(then.get(each.identity, each), after)


def _files(applied: Applied) -> set[str]:
    """The files that an object is read through."""
    declared = applied.object
    patches = {layer.patch.place.file for layer in declared.layers if layer.patch.place}
    return {declared.file, *(step.file for step in declared.steps if step.file), *patches}


def _differing(before: Objects, after: Objects) -> list[Key]:
    return sorted(key for key in before.keys() | after.keys() if before.get(key) != after.get(key))


def _diff(folder: Folder, key: Key, before: Objects, after: Objects) -> str:
    name = f"{_said(key)} of {folder}"
    lines = list(difflib.unified_diff(_text(before.get(key)), _text(after.get(key)), name, name, lineterm="", n=2))
    return "\n".join([*lines[:_SHOWN], *(["…"] if len(lines) > _SHOWN else [])])


def _text(rendered: Mapping[str, Any] | None) -> list[str]:
    plain = json.loads(json.dumps(rendered))  # the dumper takes no subclass of dict
    return yaml.safe_dump(plain, sort_keys=False).splitlines() if rendered else []


def _said(key: Key) -> str:
    _, kind, namespace, name = key
    return f"{kind} {namespace or '-'}/{name}"
