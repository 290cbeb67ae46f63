"""The response rules: what people want done about which events, read from .github/falco-response.yaml.

`schema/rules.json` is the language and its documentation. A file with any mistake gives no rules at all.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import PurePosixPath
from typing import Any

from ..errors import BadRules, Mistake
from ..kubernetes.pod_names import Pod, Workload
from . import responses, validation
from .conditions import matches_glob
from .criteria import Criteria
from .responses import Demand
from .strict_yaml import Source

LIMIT = 1024 * 1024  # bytes of a file
# What contains a cluster, watches it and brings it back must not be stopped by a response.
ALWAYS_PROTECTED = ("kube-system", "flux-system", "falco", "falco-dispatch")
BUILT_IN = b"""\
version: 1
rules:
  - name: shell in a container
    match: {rules: [Terminal shell in container]}
    respond: [stop]
"""


class Mode(StrEnum):
    """How a response is made, the least careful way first."""

    COMMIT = "commit"
    PULL_REQUEST = "pull-request"
    DRY_RUN = "dry-run"

    @classmethod
    def most_careful(cls, modes: "Iterable[Mode]") -> "Mode":
        """The most careful of them; a commit if there are none."""
        return max(modes, key=list(cls).index, default=cls.COMMIT)


@dataclass(frozen=True, kw_only=True)
class Rule:
    """One response rule; `line` is where it begins in the file."""

    name: str
    match: Criteria
    respond: tuple[Demand, ...]
    description: str = ""
    goes_on: bool = False
    mode: Mode = Mode.COMMIT
    line: int = 1


@dataclass(frozen=True, kw_only=True)
class Receiver:
    """A Flux receiver; `type` is its spec.type."""

    url: str
    type: str
    audience: str = "notification-controller"


@dataclass(frozen=True, kw_only=True)
class Cluster:
    """A cluster that events come from: where Flux starts reading for it, and whom to tell."""

    path: PurePosixPath
    receiver: Receiver | None = None


@dataclass(frozen=True, kw_only=True)
class Override:
    """Globs for pods whose workload the rules name, and that workload as its file has it."""

    pod: str
    namespace: str = "*"
    cluster: str = "*"
    file: PurePosixPath
    kind: str
    name: str


@dataclass(frozen=True, kw_only=True)
class Protected:
    """Globs for workloads that no response touches."""

    namespace: str = "*"
    kind: str = "*"
    name: str = "*"

    def covers(self, workload: Workload) -> bool:
        pairs = ((workload.namespace, self.namespace), (workload.kind, self.kind), (workload.name, self.name))
        return all(matches_glob(text, glob) for text, glob in pairs)

    def __str__(self) -> str:
        if (self.kind, self.name) == ("*", "*"):
            return f"namespace {self.namespace}"
        kind = "workload" if self.kind == "*" else self.kind
        return f"{kind} {self.namespace}/{self.name}"


@dataclass(frozen=True, kw_only=True)
class Limits:
    """How much responses may change."""

    responses_per_hour: int = 20
    workloads_per_event: int = 1


@dataclass(frozen=True, kw_only=True)
class Rules:
    """A whole file of response rules without a mistake. `built_in` where there was no file."""

    name: str
    rules: tuple[Rule, ...]
    clusters: Mapping[str, Cluster] = field(default_factory=dict)
    protected: tuple[Protected, ...] = ()
    limits: Limits = field(default_factory=Limits)
    review: tuple[Criteria, ...] = ()
    overrides: tuple[Override, ...] = ()
    built_in: bool = False

    def protection(self, workload: Workload) -> str | None:
        """What protects the workload, for a person to read; None if nothing does."""
        return next((str(one) for one in self.protected if one.covers(workload)), None)

    def override(self, pod: Pod, *, cluster: str | None) -> Override | None:
        """The workload that the rules name as the pod's, if they do."""
        for one in self.overrides:
            pairs = ((pod.name, one.pod), (pod.namespace, one.namespace), (cluster or "", one.cluster))
            if all(matches_glob(text, glob) for text, glob in pairs):
                return one
        return None


def load(data: bytes | None, *, name: str) -> Rules:
    """The rules in a file called `name`, or the built-in rule where there is none.

    Raises BadRules, with every mistake in the file, unless there is none at all.
    """
    if len(data or b"") > LIMIT:
        raise BadRules([Mistake(name, 1, 1, f"the file has {len(data or b''):,} bytes; the limit is {LIMIT:,}")])
    source = Source(BUILT_IN if data is None else data, name=name)
    if found := validation.find(source):
        raise BadRules(found)
    value = source.value
    return Rules(
        name=name, built_in=data is None,
        rules=tuple(_rule(rule, source.line(["rules", number])) for number, rule in enumerate(value["rules"])),
        clusters={cluster: _cluster(found) for cluster, found in value.get("clusters", {}).items()},
        protected=_protected(value.get("protect", {})), limits=_limits(value.get("limits", {})),
        review=tuple(map(Criteria.read, value.get("review", ()))),
        overrides=tuple(_override(found) for found in value.get("workloads", ())),
    )  # fmt: skip


def _rule(value: Mapping[str, Any], line: int) -> Rule:
    return Rule(
        name=value["name"], description=value.get("description", ""), line=line,
        match=Criteria.read(value["match"]), respond=tuple(map(responses.read, value["respond"])),
        goes_on=value.get("continue", False), mode=Mode(value.get("mode", Mode.COMMIT)),
    )  # fmt: skip


def _cluster(value: Mapping[str, Any]) -> Cluster:
    receiver = value.get("receiver")
    return Cluster(path=PurePosixPath(value["path"]), receiver=Receiver(**receiver) if receiver else None)


def _protected(value: Mapping[str, Any]) -> tuple[Protected, ...]:
    namespaces = [*ALWAYS_PROTECTED, *value.get("namespaces", ())]
    workloads = [Protected(**workload) for workload in value.get("workloads", ())]
    return (*(Protected(namespace=namespace) for namespace in namespaces), *workloads)


def _limits(value: Mapping[str, int]) -> Limits:
    return Limits(**{name.replace("-", "_"): int(limit) for name, limit in value.items()})


def _override(value: Mapping[str, str]) -> Override:
    globs = {name: value[name] for name in ("namespace", "cluster") if name in value}
    file = PurePosixPath(value["file"])
    return Override(pod=value["pod"], file=file, kind=value["kind"], name=value["name"], **globs)
