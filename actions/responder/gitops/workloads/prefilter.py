"""Which objects in a file can matter for a pod, told from the bytes alone wherever that is enough.

What is found may be too much, never too little: names are looked for as far as no prefix, suffix or variable can have
made them; where a name could be anything, everything is taken.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from ...kubernetes.pod_names import BASE, RANDOM, WORKLOAD_KINDS, Owner, Pod
from .. import manifests as manifest
from ..flux import artifact_generator, kustomization

_AFFIX = re.compile(rb"name(Prefix|Suffix)[\"']?\s*:\s*[\"']?([^\s\"',#}]+)")
_VARIABLE_NAME = re.compile(rb"[nN]ame[\"']?\s*:[^\n]*\$\{")
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
_MIDDLE = re.compile("[0-9bcdf]*")  # a hash, or a number: an index, a time, a revision; or what a cut has left of it
_CUT = 20  # characters of a release's name that are left at least where Helm has cut it, without its namespace
_MINUTES = re.compile("[0-9]{1,10}")


@dataclass(frozen=True, kw_only=True)
class Search:
    """A search for what may own a pod: any of `names` as part of a name, a Helm release that matches `releases`."""

    names: tuple[bytes, ...]
    releases: re.Pattern[bytes]
    config: re.Pattern[bytes] | None = None
    everything: bool = False

    def __call__(self, data: bytes) -> Sequence[manifest.Manifest]:
        """The objects in a file's content that can matter. Raises Unreadable."""
        if not self.matters(data):
            return ()
        documents = [each for each in manifest.split(data) if self.matters(each.data)]
        return [found for document in documents for found in manifest.objects(document)]

    def matters(self, data: bytes) -> bool:
        """Whether something in a text can matter."""
        if b"toolkit.fluxcd.io/" in data or b"extensions.fluxcd.io/" in data:
            if _FLUX.search(data):
                return True
            if b"HelmRelease" in data and self.releases.search(data):
                return True
        named = any(name in data for name in self.names) or (b"${" in data and _VARIABLE_NAME.search(data))
        if (named or self.everything) and _KIND.search(data):
            return True
        return self.config is not None and b"ConfigMap" in data and self.config.search(data) is not None


def make(pods: Iterable[Pod], owners: Iterable[Owner], manifests: Iterable[bytes]) -> Search:
    """The search for the owners of some pods among `manifests`, which show by what names may have been changed."""
    prefixes, suffixes, config = set[str](), set[str](), set[bytes]()
    everything = False
    for data in manifests:
        if b"namePrefix" in data or b"nameSuffix" in data:
            for match in _AFFIX.finditer(data):
                (prefixes if match[1] == b"Prefix" else suffixes).add(match[2].decode(errors="replace"))
        everything = everything or b"allowNameChange" in data or b"/metadata/name" in data
        if b"substituteFrom" in data:
            config.update(match[1] or match[2] for match in _CONFIG_NAME.finditer(data))
    listed = [(pod.namespace, name) for pod in pods for name in candidates(pod.name)]
    names = {name for _, name in listed} | {_stem(owner) for owner in owners}
    short = _shortest({part for name in names for part in _stripped(name, prefixes, suffixes)})
    releases = {
        part
        for namespace, name in [*listed, *(("", _stem(owner)) for owner in owners)]
        for start in (name, name.removeprefix(f"{namespace}-"))
        for stripped in _stripped(start, prefixes, suffixes)
        for part in _beginnings(stripped)
    }
    return Search(
        names=tuple(sorted(name.encode() for name in short)),
        releases=_named(sorted(releases)),
        config=re.compile(rb"(?<![-.\w])(?:" + b"|".join(map(re.escape, sorted(config))) + rb")(?![-.\w])")
        if config
        else None,
        everything=everything or any("${" in affix for affix in prefixes | suffixes),
    )


def candidates(pod: str) -> set[str]:
    """Names that the owner of a pod can have, or begin with where it was cut off."""
    found = {pod}
    head, _, ordinal = pod.rpartition("-")
    if ordinal.isdecimal() and head:
        found.add(head)
    base = pod[:-5]
    if _RANDOM.fullmatch(pod[-5:]) and base:
        rest = base.removesuffix("-")
        found.add(rest)
        head, _, middle = rest.rpartition("-")
        if head and _MIDDLE.fullmatch(middle):
            found.add(head)
            earlier, _, minutes = head.rpartition("-")
            if earlier and middle.isdecimal() and _MINUTES.fullmatch(minutes):
                found.add(earlier)
    return found


def _stem(owner: Owner) -> str:
    head, _, middle = owner.name.rpartition("-")
    return head if head and _MIDDLE.fullmatch(middle) and owner.kind != "Deployment" else owner.name


def _stripped(name: str, prefixes: set[str], suffixes: set[str]) -> set[str]:
    """`name` and what it can have been before any of the prefixes and suffixes were added, in any order and number."""
    found, pending = {name}, [name]
    while pending:
        each = pending.pop()
        shorter = {each.removeprefix(prefix) for prefix in prefixes} | {
            each.removesuffix(suffix) for suffix in suffixes
        }
        if len(name) >= BASE:
            shorter |= {each.removesuffix(suffix[:length]) for suffix in suffixes for length in range(1, len(suffix))}
        pending += shorter - found - {""}
        found |= shorter - {""}
    return found


def _shortest(names: set[str]) -> set[str]:
    """Those of the names that contain no other: whatever contains one of the rest contains one of them."""
    return {name for name in names if not any(other != name and other in name for other in names)}


def _beginnings(name: str) -> set[str]:
    parts = name.split("-")
    return {"-".join(parts[:count]) for count in range(1, len(parts) + 1)} - {""}


def _named(names: list[str]) -> re.Pattern[bytes]:
    """Finds a field called something with `name` that has one of these values, or, if long, begins so."""
    values = b"|".join(re.escape(name.encode()) + (rb"[-\w.]*" if len(name) >= _CUT else b"") for name in names)
    return re.compile(
        rb"[nN]ame(?:Override)?[\"']?\s*:\s*(?:[&!]\S+\s+|[|>][-+\d]*\s+)*[\"']?(?:" + values + rb")(?![-.\w])"
        rb"|[nN]ame[\"']?\s*:[^\n]*\$\{"
    )
