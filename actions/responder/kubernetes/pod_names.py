"""Tells from names alone whether a workload owns a pod, as Kubernetes' controllers name the pods that they make.

Knows nothing of files. Several workloads can pass for one pod; that is for the caller to refuse.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from ..errors import BadName

# The letters of a random suffix, and those of a pod template's hash: the same letters, picked by the digits of a
# 32-bit number. https://github.com/kubernetes/apimachinery/blob/master/pkg/util/rand/rand.go
RANDOM = "bcdfghjklmnpqrstvwxz2456789"
HASH = "".join(RANDOM[ord(digit) % 27] for digit in "0123456789")
# https://github.com/kubernetes/apiserver/blob/master/pkg/storage/names/generate.go
BASE = 58  # characters of a generated name before its suffix; what goes beyond is cut off
_SUFFIX = re.compile(f"[{RANDOM}]{{5}}")
_ORDINAL = re.compile("0|[1-9][0-9]*")
_INDEXED = re.compile("(.+)(-(?:0|[1-9][0-9]*)-)")

# https://kubernetes.io/docs/concepts/overview/working-with-objects/names/
_LABEL = re.compile(r"[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?")
_SUBDOMAIN = re.compile(r"(?=.{1,253}\Z)[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*")


@dataclass(frozen=True, kw_only=True)
class Pod:
    """A pod of the cluster. Raises BadName unless both names are such that Kubernetes would take them."""

    namespace: str
    name: str

    def __post_init__(self) -> None:
        if not _LABEL.fullmatch(self.namespace):
            raise BadName("namespace", self.namespace)
        if not _SUBDOMAIN.fullmatch(self.name):
            raise BadName("pod", self.name)

    def __str__(self) -> str:
        return f"{self.namespace}/{self.name}"


@dataclass(frozen=True, kw_only=True)
class Workload:
    """An object of the cluster that owns pods; `namespace` and `name` are those that it has in the cluster."""

    kind: str
    namespace: str
    name: str

    def __str__(self) -> str:
        return f"{self.kind} {self.namespace}/{self.name}"


@dataclass(frozen=True, kw_only=True)
class _Middle:
    """What a controller puts between a workload's name and the random suffix, `whole` and when it was `cut` off."""

    whole: re.Pattern[str]
    cut: re.Pattern[str]


# No leading zero, at most 10 digits. One in 43,000 has fewer than 6: it reads like a numbered name and is not taken.
_HASH = _Middle(whole=re.compile(f"[{HASH[1:]}][{HASH}]{{5,9}}"), cut=re.compile(f"([{HASH[1:]}][{HASH}]{{0,9}})?"))
_MINUTES = _Middle(whole=re.compile("[1-9][0-9]{7,9}"), cut=re.compile("([1-9][0-9]{0,9})?"))
_REVISION = _Middle(whole=re.compile("[1-9][0-9]*"), cut=re.compile("([1-9][0-9]*)?"))


@dataclass(frozen=True, kw_only=True)
class Owner:
    """A controller that an event names as the owner of its pod: a Deployment, ReplicaSet or ReplicationController."""

    kind: str
    name: str

    def is_created_by(self, kind: str, name: str) -> bool:
        """Whether this controller is the workload `kind` `name`, or was made by it."""
        if self.kind == kind:
            return self.name == name
        if self.kind == "ReplicaSet" and kind in ("Deployment", "Rollout"):
            return _HASH.whole.fullmatch(_after(self.name, name)) is not None
        if self.kind == "ReplicationController" and kind == "DeploymentConfig":
            return _REVISION.whole.fullmatch(_after(self.name, name)) is not None
        return False


@dataclass(frozen=True, kw_only=True)
class WorkloadKind:
    """A kind of workload: the API groups that define it and how it names its pods."""

    groups: frozenset[str]
    names: Callable[[str, str], bool]


def owns(kind: str, name: str, pod: str) -> bool:
    """Return whether a workload of this kind and name (in the cluster) creates pods with this name."""
    return kind in WORKLOAD_KINDS and WORKLOAD_KINDS[kind].names(name, pod)


def is_workload(api_version: str, kind: str) -> bool:
    """Whether objects of this type own pods in a way that `owns` knows."""
    return kind in WORKLOAD_KINDS and api_version.rpartition("/")[0] in WORKLOAD_KINDS[kind].groups


def _is_named(name: str, pod: str) -> bool:
    return name == pod


def _is_numbered(name: str, pod: str) -> bool:
    return _ORDINAL.fullmatch(_after(pod, name)) is not None


def _is_generated(name: str, pod: str) -> bool:
    return _base(pod) == f"{name}-"[:BASE]


def _is_generated_by_replica_set(name: str, pod: str) -> bool:
    return _is_joined(_base(pod), name, _HASH)


def _is_generated_by_revision(name: str, pod: str) -> bool:
    return _is_joined(_base(pod), name, _REVISION)


def _is_generated_by_job(name: str, pod: str) -> bool:
    job, space = _without_index(_base(pod))
    return _is_generated(name, pod) or (job != "" and job == name[:space])


def _is_generated_by_cron_job(name: str, pod: str) -> bool:
    job, space = _without_index(_base(pod))
    return _is_joined(_base(pod), name, _MINUTES) or _is_joined(job, name, _MINUTES, end="", space=space)


def _base(pod: str) -> str:
    """What a generated pod name had before its random suffix; empty if it has no such suffix."""
    return pod[:-5] if _SUFFIX.fullmatch(pod[-5:]) else ""


def _without_index(base: str) -> tuple[str, int]:
    """The Job's name in the base of a pod of an Indexed Job, empty if it is not such a base, and the space it had.

    The index survives, the Job's name is cut:
    https://github.com/kubernetes/kubernetes/blob/master/pkg/controller/job/indexed_job_utils.go
    """
    match = _INDEXED.fullmatch(base)
    return (match[1], BASE - len(match[2])) if match else ("", 0)


def _is_joined(base: str, name: str, middle: _Middle, *, end: str = "-", space: int = BASE) -> bool:
    """Whether `base` is `name`, a dash, a middle and `end`, or as much of that as fits into `space` characters."""
    start = f"{name}-"[:space]
    if not base or len(base) > space or not base.startswith(start):
        return False
    rest = base[len(start) :]
    if len(base) == space and middle.cut.fullmatch(rest):
        return True
    return rest.endswith(end) and middle.whole.fullmatch(rest.removesuffix(end)) is not None


def _after(text: str, name: str) -> str:
    """What follows `name` and a dash in `text`; a dash, which matches nothing, if it does not begin so."""
    return text[len(name) + 1 :] if text.startswith(f"{name}-") else "-"


def _kind(names: Callable[[str, str], bool], *groups: str) -> WorkloadKind:
    return WorkloadKind(groups=frozenset(groups), names=names)


WORKLOAD_KINDS: Mapping[str, WorkloadKind] = {
    "Deployment": _kind(_is_generated_by_replica_set, "apps", "extensions"),
    "Rollout": _kind(_is_generated_by_replica_set, "argoproj.io"),
    "StatefulSet": _kind(_is_numbered, "apps"),
    "DaemonSet": _kind(_is_generated, "apps", "extensions"),
    "ReplicaSet": _kind(_is_generated, "apps", "extensions"),
    "ReplicationController": _kind(_is_generated, ""),
    "DeploymentConfig": _kind(_is_generated_by_revision, "apps.openshift.io"),
    "CronJob": _kind(_is_generated_by_cron_job, "batch"),
    "Job": _kind(_is_generated_by_job, "batch"),
    "Pod": _kind(_is_named, ""),
}
