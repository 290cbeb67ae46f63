"""Decides from names alone whether a workload can own a pod: Kubernetes' controllers name their pods by rules.

It knows no files. Several workloads can have names that fit a pod; the caller refuses that.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from ..errors import BadName

# The characters of a random suffix, and of a pod template's hash: the hash encodes the digits of a 32-bit number
# with the same characters. https://github.com/kubernetes/apimachinery/blob/master/pkg/util/rand/rand.go
RANDOM = "bcdfghjklmnpqrstvwxz2456789"
HASH = "".join(RANDOM[ord(digit) % 27] for digit in "0123456789")
# https://github.com/kubernetes/apiserver/blob/master/pkg/storage/names/generate.go
BASE = 58  # characters of a generated name before its suffix; a longer base is truncated
_SUFFIX = re.compile(f"[{RANDOM}]{{5}}")
_ORDINAL = re.compile("0|[1-9][0-9]*")
_INDEXED = re.compile("(.+)(-(?:0|[1-9][0-9]*)-)")

# https://kubernetes.io/docs/concepts/overview/working-with-objects/names/
_LABEL = re.compile(r"[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?")
_SUBDOMAIN = re.compile(r"(?=.{1,253}\Z)[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*")


@dataclass(frozen=True, kw_only=True)
class Pod:
    """A pod of a cluster. Raises BadName if Kubernetes does not accept one of the names."""

    namespace: str
    name: str

    def __post_init__(self) -> None:
        if not _LABEL.fullmatch(self.namespace):
            raise BadName("namespace", self.namespace)
        if not _SUBDOMAIN.fullmatch(self.name):
            raise BadName("pod", self.name)

    @property
    def label(self) -> str:
        """Its kind and name, for a message."""
        return f"pod {self}"

    def __str__(self) -> str:
        return f"{self.namespace}/{self.name}"


@dataclass(frozen=True, kw_only=True)
class Workload:
    """An object that owns pods. `namespace` and `name` are those in the cluster, which can differ from its file."""

    kind: str
    namespace: str
    name: str

    @property
    def label(self) -> str:
        """Its kind and name, for a message."""
        return str(self)

    def __str__(self) -> str:
        return f"{self.kind} {self.namespace}/{self.name}"


Subject = Pod | Workload  # what an event is about


@dataclass(frozen=True, kw_only=True)
class _Middle:
    """What a controller writes between the name of a workload and the random suffix: in full, and truncated."""

    full: re.Pattern[str]
    truncated: re.Pattern[str]


# No leading zero, at most 10 digits. One hash in 43,000 has fewer than 6: it looks like a number in a name, so it is
# not accepted.
_HASH = _Middle(
    full=re.compile(f"[{HASH[1:]}][{HASH}]{{5,9}}"), truncated=re.compile(f"([{HASH[1:]}][{HASH}]{{0,9}})?")
)
_MINUTES = _Middle(full=re.compile("[1-9][0-9]{7,9}"), truncated=re.compile("([1-9][0-9]{0,9})?"))
_REVISION = _Middle(full=re.compile("[1-9][0-9]*"), truncated=re.compile("([1-9][0-9]*)?"))


@dataclass(frozen=True, kw_only=True)
class Owner:
    """A controller that an event names: the owner of its pod, or what the event is about."""

    kind: str
    name: str

    def is_created_by(self, kind: str, name: str) -> bool:
        """Return whether this controller is the workload `kind` `name`, or is created by it."""
        if self.kind == kind:
            return self.name == name
        if self.kind == "ReplicaSet" and kind in ("Deployment", "Rollout"):
            return _HASH.full.fullmatch(_suffix_after(self.name, name)) is not None
        if self.kind == "ReplicationController" and kind == "DeploymentConfig":
            return _REVISION.full.fullmatch(_suffix_after(self.name, name)) is not None
        if self.kind == "Job" and kind == "CronJob":
            return _MINUTES.full.fullmatch(_suffix_after(self.name, name)) is not None
        return False


def creator_of(workload: Workload) -> Workload:
    """Return the workload that creates this one, by its name: the Deployment of a ReplicaSet, the CronJob of a Job.

    Return the workload itself if its name is not one that a controller gives.
    """
    creator, middle = {"ReplicaSet": ("Deployment", _HASH), "Job": ("CronJob", _MINUTES)}.get(workload.kind, ("", None))
    head, _, tail = workload.name.rpartition("-")
    if middle and head and middle.full.fullmatch(tail):
        return Workload(kind=creator, namespace=workload.namespace, name=head)
    return workload


@dataclass(frozen=True, kw_only=True)
class WorkloadKind:
    """A kind of workload: the API groups that define it, and whether a pod name fits a workload's name."""

    groups: frozenset[str]
    owns: Callable[[str, str], bool]


def owns(kind: str, name: str, pod: str) -> bool:
    """Return whether a workload of this kind and name (in the cluster) creates pods with this name."""
    return kind in WORKLOAD_KINDS and WORKLOAD_KINDS[kind].owns(name, pod)


def is_workload(api_version: str, kind: str) -> bool:
    """Return whether objects of this type own pods in a way that `owns` knows."""
    return kind in WORKLOAD_KINDS and api_version.rpartition("/")[0] in WORKLOAD_KINDS[kind].groups


def _is_named(name: str, pod: str) -> bool:
    return name == pod


def _is_numbered(name: str, pod: str) -> bool:
    return _ORDINAL.fullmatch(_suffix_after(pod, name)) is not None


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
    """Return a generated pod name without its random suffix, or an empty text if it has no such suffix."""
    return pod[:-5] if _SUFFIX.fullmatch(pod[-5:]) else ""


def _without_index(base: str) -> tuple[str, int]:
    """Return the name of the Job in the base of an Indexed Job's pod, and the space for it; or an empty text and 0.

    The controller truncates the Job's name so that the index stays whole:
    https://github.com/kubernetes/kubernetes/blob/master/pkg/controller/job/indexed_job_utils.go
    """
    match = _INDEXED.fullmatch(base)
    return (match[1], BASE - len(match[2])) if match else ("", 0)


def _is_joined(base: str, name: str, middle: _Middle, *, end: str = "-", space: int = BASE) -> bool:
    """Return whether `base` is `name`, a dash, a middle and `end`, truncated to `space` characters."""
    start = f"{name}-"[:space]
    if not base or len(base) > space or not base.startswith(start):
        return False
    remainder = base[len(start) :]
    if len(base) == space and middle.truncated.fullmatch(remainder):
        return True
    return remainder.endswith(end) and middle.full.fullmatch(remainder.removesuffix(end)) is not None


def _suffix_after(text: str, name: str) -> str:
    """Return what follows `name` and a dash in `text`; or a dash, which no pattern matches, if nothing does."""
    return text[len(name) + 1 :] if text.startswith(f"{name}-") else "-"


def _kind(owns: Callable[[str, str], bool], *groups: str) -> WorkloadKind:
    return WorkloadKind(groups=frozenset(groups), owns=owns)


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
