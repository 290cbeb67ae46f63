"""Selects the objects in a file that can matter for a pod, from the bytes alone wherever they are enough.

The selection may be too large, never too small. It looks for the part of a name that no prefix, suffix or variable can
have added; where a name could be anything, it takes everything.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from ...kubernetes.operator_kinds import OperatorKind
from ...kubernetes.pod_names import BASE, RANDOM, WORKLOAD_KINDS, Owner, Subject
from .. import manifests
from ..flux import artifact_generator, kustomization
from ..flux.sources import SOURCE_GROUP

_AFFIX = re.compile(rb"name(Prefix|Suffix)[\"']?\s*:\s*[\"']?([^\s\"',#}]+)")
_NAME_KEY = re.compile(rb"[nN]ame[\"']?[^\S\n]*:")
_OPEN_NAME_KEY = re.compile(rb"[nN]ame[\"']?\s*\Z")  # of a key whose colon is on the next line
_KEY_TAIL = 200  # bytes before a line in which such a key can end
_CONFIG_NAME = re.compile(
    rb"kind[\"']?\s*:\s*[\"']?ConfigMap[\"']?,?\s+[\"']?name[\"']?\s*:\s*[\"']?([-.\w]+)"
    rb"|name[\"']?\s*:\s*[\"']?([-.\w]+)[\"']?,?\s+[\"']?kind[\"']?\s*:\s*[\"']?ConfigMap"
)
_FLUX = re.compile(
    rb"apiVersion[\"']?\s*:\s*[\"']?(?:"
    + b"|".join(re.escape(group.encode()) for group in (kustomization.GROUP, artifact_generator.GROUP))
    + rb")/"
)
_SCALERS = ("HorizontalPodAutoscaler", "ScaledObject")
_KIND = re.compile(
    rb"kind[\"']?\s*:\s*[\"']?(?:" + "|".join((*WORKLOAD_KINDS, *_SCALERS, "HelmRelease")).encode() + rb")\b"
)
_RANDOM = re.compile(f"[{RANDOM}]{{5}}")
_MIDDLE = re.compile(
    "[0-9bcdf]*"
)  # a hash or a number (an index, a time, a revision), or the part of it that a cut has left
_CUT = 20  # Helm leaves at least so many characters of a release's name where it cuts it, without its namespace
_MINUTES = re.compile("[0-9]{1,10}")


@dataclass(frozen=True, kw_only=True)
class Search:
    """A search for what may own a pod.

    It selects workloads with one of `names` as part of a name, Helm releases that match `releases`, ConfigMaps that
    match `config_maps`, objects of the API groups that `operator_kinds` matches, and Flux's own objects; if
    `everything`, workloads of any name; if `has_chart_sources`, the sources of charts.
    """

    names: tuple[bytes, ...]
    releases: re.Pattern[bytes]
    config_maps: re.Pattern[bytes] | None = None
    everything: bool = False
    operator_kinds: re.Pattern[bytes] | None = None
    has_chart_sources: bool = False

    def __call__(self, data: bytes) -> Sequence[manifests.Manifest]:
        """Return the objects in a file's content that can matter. Raise Unreadable."""
        if not self.matches(data):
            return ()
        documents = [document for document in manifests.split(data) if self.matches(document.data)]
        return [manifest for document in documents for manifest in manifests.objects(document)]

    def matches(self, data: bytes) -> bool:
        """Return whether something in a text can matter."""
        data = manifests.as_utf_8(data)
        if b"toolkit.fluxcd.io/" in data or b"extensions.fluxcd.io/" in data:
            if _FLUX.search(data) or (b"ignore" in data and SOURCE_GROUP.encode() in data):
                return True
            if b"HelmRelease" in data and (self.releases.search(data) or _has_variable_name(data)):
                return True
        has_name = any(name in data for name in self.names) or _has_variable_name(data)
        if (has_name or self.everything) and _KIND.search(data):
            return True
        if self.has_chart_sources and SOURCE_GROUP.encode() in data:
            return True
        if self.operator_kinds and self.operator_kinds.search(data):
            return True
        return self.config_maps is not None and b"ConfigMap" in data and self.config_maps.search(data) is not None


def search_for(
    subjects: Iterable[Subject],
    owners: Iterable[Owner],
    contents: Iterable[bytes],
    kinds: Iterable[OperatorKind] = (),
    *,
    charts: bool = False,
) -> Search:
    """Return the search for the owners of what events are about; `contents` show what may have changed their names.

    With `charts`, all Helm releases are selected, and what they take values from: their charts are rendered.
    """
    prefixes, suffixes, config_maps = set[str](), set[str](), set[bytes]()
    everything = False
    for data in contents:
        if b"namePrefix" in data or b"nameSuffix" in data:
            for match in _AFFIX.finditer(data):
                (prefixes if match[1] == b"Prefix" else suffixes).add(match[2].decode(errors="replace"))
        everything = everything or b"allowNameChange" in data or b"/metadata/name" in data
        has_references = b"substituteFrom" in data or b"replacements" in data or (charts and b"valuesFrom" in data)
        if has_references:
            config_maps.update(match[1] or match[2] for match in _CONFIG_NAME.finditer(data))
    pairs = [(subject.namespace, name) for subject in subjects for name in owner_names(subject.name)]
    pairs += [("", _stem(owner)) for owner in owners]
    names = {part for _, name in pairs for part in _stripped(name, prefixes, suffixes)}
    releases = {
        beginning
        for namespace, name in pairs
        for start in (name, name.removeprefix(f"{namespace}-"))
        for stripped in _stripped(start, prefixes, suffixes)
        for beginning in _beginnings(stripped)
    }
    groups = {kind.group for kind in kinds if any(kind.may_own(subject.name) for subject in subjects)}
    return Search(
        operator_kinds=_group_pattern(sorted(groups)) if groups else None,
        has_chart_sources=charts,
        names=tuple(sorted(name.encode() for name in _shortest(names))),
        releases=re.compile(b"") if charts else _release_pattern(sorted(releases)),
        config_maps=_any_of(sorted(config_maps)) if config_maps else None,
        everything=everything or any("${" in affix for affix in prefixes | suffixes),
    )


def owner_names(pod: str) -> set[str]:
    """Return the names that the owner of a pod can have, or can begin with if it was cut off."""
    names = {pod}
    head, _, ordinal = pod.rpartition("-")
    if ordinal.isdecimal() and head:
        names.add(head)
    base = pod[:-5]
    if _RANDOM.fullmatch(pod[-5:]) and base:
        stem = base.removesuffix("-")
        names.add(stem)
        head, _, middle = stem.rpartition("-")
        if head and _MIDDLE.fullmatch(middle):
            names.add(head)
            outer_head, _, minutes = head.rpartition("-")
            if outer_head and middle.isdecimal() and _MINUTES.fullmatch(minutes):
                names.add(outer_head)
    return names


def _has_variable_name(data: bytes) -> bool:
    """Return whether a line has a variable behind the key of a name. Each line is searched once: it can be endless."""
    position = data.find(b"${")
    while position >= 0:
        start = data.rfind(b"\n", 0, position) + 1
        if _NAME_KEY.search(data, start, position):
            return True
        begins_with_colon = data[start:position].lstrip().startswith(b":")
        if begins_with_colon and _OPEN_NAME_KEY.search(data[max(0, start - _KEY_TAIL) : start]):
            return True
        end = data.find(b"\n", position)
        position = data.find(b"${", end) if end >= 0 else -1
    return False


def _stem(owner: Owner) -> str:
    head, _, middle = owner.name.rpartition("-")
    return head if head and _MIDDLE.fullmatch(middle) and owner.kind != "Deployment" else owner.name


def _stripped(name: str, prefixes: set[str], suffixes: set[str]) -> set[str]:
    """Return `name` and all that it can have been before prefixes and suffixes were added, in any order and number."""
    names, pending = {name}, [name]
    while pending:
        current = pending.pop()
        shorter = {current.removeprefix(prefix) for prefix in prefixes}
        shorter |= {current.removesuffix(suffix) for suffix in suffixes}
        if len(name) >= BASE:
            shorter |= {
                current.removesuffix(suffix[:length]) for suffix in suffixes for length in range(1, len(suffix))
            }
        pending += shorter - names - {""}
        names |= shorter - {""}
    return names


def _shortest(names: set[str]) -> set[str]:
    """Return those of the names that contain no other: a text that contains any name contains one of these."""
    return {name for name in names if not any(other != name and other in name for other in names)}


def _beginnings(name: str) -> set[str]:
    """Return the parts of a name that end before a dash, and the whole name."""
    parts = name.split("-")
    return {"-".join(parts[:count]) for count in range(1, len(parts) + 1)} - {""}


def _any_of(names: list[bytes]) -> re.Pattern[bytes]:
    """Return a pattern that matches one of these names as a whole."""
    return re.compile(rb"(?<![-.\w])(?:" + b"|".join(map(re.escape, names)) + rb")(?![-.\w])")


def _group_pattern(groups: list[str]) -> re.Pattern[bytes]:
    """Return a pattern that matches the version of an object of one of these API groups."""
    return re.compile(
        rb"apiVersion[\"']?\s*:\s*[\"']?(?:" + b"|".join(re.escape(group.encode()) for group in groups) + rb")/"
    )


def _release_pattern(names: list[str]) -> re.Pattern[bytes]:
    """Return a pattern that matches a `name` field, such as `releaseName`, with one of these values.

    A long name that was cut off matches too.
    """
    values = b"|".join(re.escape(name.encode()) + (rb"[-\w.]*" if len(name) >= _CUT else b"") for name in names)
    return re.compile(
        rb"[nN]ame(?:Override)?[\"']?\s*:\s*(?:[&!]\S+\s+|[|>][-+\d]*\s+)*[\"']?(?:" + values + rb")(?![-.\w])"
    )
