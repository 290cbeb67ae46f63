"""Which workloads a chart must have for a pod to have its name, and whether the name looks like a release's own.

Names alone decide, because no chart is rendered here: only the chart can confirm what this supposes.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from ...kubernetes.operator_kinds import OperatorKind
from ...kubernetes.pod_names import BASE, HASH, RANDOM, Owner, Pod, Subject, Workload, creator_of, owns
from ..kustomize.resource import Resource
from . import helm

# From the most specific form of a pod's name to the least.
_FORMS = (("Deployment",), ("CronJob",), ("StatefulSet",), ("DaemonSet", "Job"), ("Pod",))
_RANDOM_NUMBER = re.compile("-[24-9]{5}$")  # no StatefulSet has so many pods: it is a random suffix
# The kinds that can have a name so long that their pods' names have only its first 58 characters.
_CUT_KINDS = ("Deployment", "DaemonSet", "Job")
_CUT = re.compile(f"(.{{{BASE}}})[{RANDOM}]{{5}}")
# Behind the name in a cut pod name: enough of a hash or a time to be no part of the name.
_CUT_MIDDLES = {"Deployment": re.compile(f"[{HASH[1:]}][{HASH}]{{5,9}}-?"), "CronJob": re.compile("[1-9][0-9]{4,9}-?")}
# Parts of names that controllers make up: a random suffix, a hash or an identifier, a number that counts or is a time.
_GENERATED = re.compile(f"[{RANDOM}]{{5}}|[{HASH[1:]}][{HASH}]{{5,9}}|(?=[a-f0-9]*[0-9])[a-f0-9]{{8,}}|[0-9]{{5,}}")
_WORDS = {"https", "mqtts", "mssql", "pgsql"}  # that look like a random suffix


@dataclass(frozen=True, kw_only=True)
class ChartWorkload:
    """A workload that a chart may have. If `is_cut`, the name is only the first characters of its name.

    `content` is the object as its chart makes it, empty if the chart is not rendered; `operator_kind` is set if an
    operator makes its pods.
    """

    kind: str
    namespace: str
    name: str
    is_cut: bool = False
    content: Mapping[str, Any] = field(default_factory=dict, compare=False, repr=False)
    operator_kind: OperatorKind | None = None

    @property
    def pattern(self) -> str:
        """Return the pattern that Kustomize selects the workload by. It has to match the whole name."""
        return self.name.replace(".", r"\.") + (".*" if self.is_cut else "")

    def may_be(self, name: str) -> bool:
        """Return whether this may be the workload's whole name."""
        return name.startswith(self.name) if self.is_cut else name == self.name

    def __str__(self) -> str:
        return f"{self.kind} {self.namespace}/{self.name}{'…' if self.is_cut else ''}"


def possible_workloads(subject: Subject, owners: Sequence[Owner]) -> tuple[ChartWorkload, ...]:
    """Return the workload that the event names, else those that would give the pod its name in its likeliest form.

    If the pod's name was cut, the workload's name may go on where the pod's name ends.
    """
    if isinstance(subject, Workload):
        creator = creator_of(subject)
        return (ChartWorkload(kind=creator.kind, namespace=subject.namespace, name=creator.name),)
    return _workloads_of_pod(subject, owners)


def _workloads_of_pod(pod: Pod, owners: Sequence[Owner]) -> tuple[ChartWorkload, ...]:
    for owner in owners:
        if owner.kind == "Deployment":
            return (ChartWorkload(kind="Deployment", namespace=pod.namespace, name=owner.name),)
    cut = _CUT.fullmatch(pod.name)
    names = [pod.name[:BASE].rstrip("-")]
    while "-" in names[-1]:
        names.append(names[-1].rpartition("-")[0])
    workloads = _of_likeliest_form(pod, [pod.name, *names])
    if cut is None or any(_is_certain(workload, cut[1]) for workload in workloads):
        return workloads
    beginning = cut[1].rstrip("-")
    shorter = [workload for workload in workloads if len(workload.name) < len(beginning)]
    longer = [ChartWorkload(kind=kind, namespace=pod.namespace, name=beginning, is_cut=True) for kind in _CUT_KINDS]
    return (*shorter, *longer)


def why_foreign(release: Resource, workload: ChartWorkload) -> str:
    """Return why a workload does not look like one of the release's chart, empty if it does."""
    if workload.kind == "Pod":
        return "no controller of Kubernetes gives a pod such a name"
    part = _made_up_part(release, workload)
    return f"the part {part!r} of its name is one that a controller makes up" if part else ""


def _made_up_part(release: Resource, workload: ChartWorkload) -> str:
    """Return the part of a workload's name that no chart writes but a controller makes up, empty if there is none."""
    bases = [name for name in helm.main_object_names(release) if f"{workload.name}-".startswith(f"{name}-")]
    parts = workload.name[len(max(bases, key=len, default="")) :].split("-")
    if workload.is_cut:
        parts = parts[:-1]  # the last one may go on
    return next((part for part in parts if _GENERATED.fullmatch(part) and part not in _WORDS), "")


def _of_likeliest_form(pod: Pod, names: Sequence[str]) -> tuple[ChartWorkload, ...]:
    forms = [form for form in _FORMS if form != ("StatefulSet",) or not _RANDOM_NUMBER.search(pod.name)]
    for form in forms:
        pairs = dict.fromkeys(
            (kind, name)
            for kind in form
            for name in names
            if owns(kind, name, pod.name) and (kind == "Pod") is (name == pod.name)
        )
        if pairs:
            return tuple(ChartWorkload(kind=kind, namespace=pod.namespace, name=name) for kind, name in pairs)
    return ()


def _is_certain(workload: ChartWorkload, beginning: str) -> bool:
    """Return whether what follows the workload's name in a cut pod name cannot be a part of a longer name."""
    middle = _CUT_MIDDLES.get(workload.kind)
    return middle is not None and middle.fullmatch(beginning[len(workload.name) + 1 :]) is not None
