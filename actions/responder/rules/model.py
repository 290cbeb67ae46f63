"""Defines the response rules: what people want to happen for which events.

`parser` makes them from a file, and `schema/rules.json` documents the language. This module reads nothing.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import PurePosixPath

from ..kubernetes.operator_kinds import OperatorKind
from ..kubernetes.pod_names import Subject, Workload
from .actions import Action
from .criteria import Criteria
from .globs import matches_glob


class Mode(StrEnum):
    """How a response is made, the least careful way first."""

    COMMIT = "commit"
    PULL_REQUEST = "pull-request"
    DRY_RUN = "dry-run"

    @classmethod
    def most_careful(cls, modes: "Iterable[Mode]") -> "Mode":
        """Return the most careful of the modes, or COMMIT if there are none."""
        return max(modes, key=list(cls).index, default=cls.COMMIT)


@dataclass(frozen=True, kw_only=True)
class Rule:
    """One response rule. `line` is its first line in the file; `continues` says that later rules are tried too."""

    name: str
    criteria: Criteria
    actions: tuple[Action, ...]
    description: str = ""
    continues: bool = False
    mode: Mode = Mode.COMMIT
    assignees: tuple[str, ...] = ()  # of the issues of its responses
    line: int = 1


@dataclass(frozen=True, kw_only=True)
class ReceiverAddress:
    """The address of a cluster's Flux receiver. `type` is the receiver's spec.type."""

    url: str
    type: str
    audience: str = "notification-controller"


@dataclass(frozen=True, kw_only=True)
class Cluster:
    """A cluster that sends events: the folder where Flux starts to read for it, and the receiver to notify.

    `dispatched_by` has the logins of those who may speak for it, and is empty if everybody who starts a run may.
    """

    path: PurePosixPath
    dispatched_by: tuple[str, ...] = ()
    receiver: ReceiverAddress | None = None


@dataclass(frozen=True, kw_only=True)
class Assignment:
    """An entry of `workloads`: globs for pods, and the workload that owns them, as its file declares it."""

    pod: str
    namespace: str = "*"
    cluster: str = "*"
    file: PurePosixPath
    kind: str
    name: str

    def covers(self, subject: Subject, *, cluster: str | None) -> bool:
        """Return whether the assignment is about this pod, or a workload of this name, of this cluster."""
        pairs = ((subject.name, self.pod), (subject.namespace, self.namespace), (cluster or "", self.cluster))
        return all(matches_glob(text, glob) for text, glob in pairs)


@dataclass(frozen=True, kw_only=True)
class Protection:
    """Globs for workloads that no response changes."""

    namespace: str = "*"
    kind: str = "*"
    name: str = "*"

    def covers(self, workload: Workload) -> bool:
        """Return whether the protection is about this workload."""
        pairs = ((workload.namespace, self.namespace), (workload.kind, self.kind), (workload.name, self.name))
        return all(matches_glob(text, glob) for text, glob in pairs)

    def __str__(self) -> str:
        if (self.kind, self.name) == ("*", "*"):
            return f"namespace {self.namespace}"
        kind = "workload" if self.kind == "*" else self.kind
        return f"{kind} {self.namespace}/{self.name}"


class LimitUnit(StrEnum):
    """What responses are counted by."""

    CLUSTER = "cluster"
    NAMESPACE = "namespace"


class OverLimitAction(StrEnum):
    """What becomes of a response that would exceed a limit."""

    REFUSE = "refuse"
    PULL_REQUEST = "pull-request"


LimitScope = tuple[str, str]  # a cluster, empty if events name none, and a namespace, empty if the cluster counts whole


@dataclass(frozen=True, kw_only=True)
class Limits:
    """How much responses may change. `over_limit` is what becomes of a response beyond `responses_per_hour`.

    `contained_days` is how long a workload may stay contained before people are reminded; None says for ever.
    """

    responses_per_hour: int = 20
    per: LimitUnit = LimitUnit.CLUSTER
    over_limit: OverLimitAction = OverLimitAction.REFUSE
    workloads_per_event: int = 1
    contained_days: int | None = None

    def scope(self, *, cluster: str, namespace: str) -> LimitScope:
        """Return what a response to a workload in this cluster and namespace is counted with."""
        return cluster, namespace if self.per is LimitUnit.NAMESPACE else ""


class WebhookType(StrEnum):
    """How a webhook wants to be told."""

    SLACK = "slack"
    TEAMS = "teams"
    GENERIC = "generic"


@dataclass(frozen=True, kw_only=True)
class WebhookSettings:
    """A webhook that is told of responses and refusals. Its address is a secret, which an input has by this name."""

    name: str
    type: WebhookType


@dataclass(frozen=True, kw_only=True)
class IssueSettings:
    """That there is an issue for each contained workload, and which labels and people all of them get."""

    labels: tuple[str, ...] = ()
    assignees: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Rules:
    """The response rules of a file without mistakes. `name` is the file's path; `built_in` says that it is absent.

    `kinds` are those whose pods an operator makes, the file's own before those that ship.
    """

    name: str
    rules: tuple[Rule, ...]
    clusters: Mapping[str, Cluster] = field(default_factory=dict)
    protections: tuple[Protection, ...] = ()
    limits: Limits = field(default_factory=Limits)
    review: tuple[Criteria, ...] = ()
    assignments: tuple[Assignment, ...] = ()
    kinds: tuple[OperatorKind, ...] = ()
    webhooks: tuple[WebhookSettings, ...] = ()
    issues: IssueSettings | None = None
    built_in: bool = False

    def protection_of(self, workload: Workload) -> Protection | None:
        """Return the first protection that covers the workload, or None."""
        return next((protection for protection in self.protections if protection.covers(workload)), None)

    def assignment_of(self, subject: Subject, *, cluster: str | None) -> Assignment | None:
        """Return the first assignment that covers what an event is about, or None."""
        return next((entry for entry in self.assignments if entry.covers(subject, cluster=cluster)), None)
