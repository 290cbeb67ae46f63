"""Events of workloads that were stopped before: the pod should be gone, so somebody started it, or Flux is stuck.

Decides that from the time of the event and the history. Does not read the history, and knows no cluster.
"""

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from ..errors import BadHistory, NotFound
from ..falco.event_time import parse_time
from ..kubernetes import pod_names
from ..kubernetes.pod_names import Pod, Workload
from . import trailers
from .outcome import Outcome, Response, Verdict
from .plan import Plan

REACH = 60.0  # seconds that Flux and the nodes have for ending the pods once a commit is pushed
_STOP = "stop"
_TAKEN_OUT = ("CronJob", "Pod")  # kinds that a stop takes out of the desired state
_MEMORY = 3600.0  # seconds for which events of the pods of what was taken out are explained
_RESPONSE = re.compile(r"(?P<actions>.+) (?P<kind>\S+) (?P<namespace>[^\s/]+)/(?P<name>\S+)")


@dataclass(frozen=True, kw_only=True)
class RecordedCommit:
    """A commit of the branch; `time` is in seconds since the epoch."""

    time: float
    message: str
    is_by_action: bool


ReadCommits = Callable[[float], Sequence[RecordedCommit]]


def judge(plan: Plan, commits_since: ReadCommits) -> Plan:
    """Return the plan with the verdict `still running` for events of pods that a stop should have ended before.

    `commits_since` returns the commits of the branch since a moment, the newest first, and may return older ones.
    """
    changing = {(response.cluster, response.workload) for response in plan.responses}
    outcomes = []
    for outcome in plan.outcomes:
        response = outcome.response
        if isinstance(outcome.refusal, NotFound):
            outcome = _judge_unknown(outcome, commits_since)
        elif response and (response.cluster, response.workload) not in changing:
            outcome = _judge(outcome, response, commits_since)
        outcomes.append(outcome)
    return replace(plan, outcomes=tuple(outcomes))


def _judge(outcome: Outcome, response: Response, commits_since: ReadCommits) -> Outcome:
    """Return the outcome of an event of a declared workload."""
    moment = parse_time(response.event.time)
    is_stopped = outcome.verdict is Verdict.IN_PLACE and _STOP in response.action.split(" and ")
    if moment is None or not is_stopped or not isinstance(response.subject, Pod):
        return outcome
    clusters = ("", response.cluster, response.event.cluster or "")
    start = moment.timestamp() - REACH
    commits = commits_since(start)
    if any(commit.time > start and not commit.is_by_action for commit in commits):
        return outcome  # a merge or a person may have stopped it just now
    stops = [stop for stop in _stops(commits) if stop.cluster in clusters]
    times = [stop.time for stop in stops if stop.workload == response.workload]
    if times and times[0] > start:
        return outcome
    return replace(outcome, verdict=Verdict.STILL_RUNNING, reason=f"{_news(times[:1])}. {outcome.reason}")


def _judge_unknown(outcome: Outcome, commits_since: ReadCommits) -> Outcome:
    """Return the outcome of an event of a pod that no declared workload owns: maybe its workload was taken out."""
    event = outcome.event
    moment, pod = (parse_time(event.time), event.pod) if event else (None, None)
    if event is None or moment is None or pod is None:
        return outcome
    namespace, name = pod
    for stop in _stops(commits_since(moment.timestamp() - _MEMORY)):
        workload = stop.workload
        is_near = workload.namespace == namespace and stop.cluster in ("", event.cluster)
        if is_near and workload.kind in _TAKEN_OUT and pod_names.owns(workload.kind, workload.name, name):
            if stop.time > moment.timestamp() - REACH:
                return replace(
                    outcome,
                    verdict=Verdict.IN_PLACE,
                    reason=f"{workload} is taken out",
                    refusal=None,
                    workload=workload,
                )
            return replace(
                outcome,
                verdict=Verdict.STILL_RUNNING,
                reason=f"{workload}: {_news([stop.time])}",
                refusal=None,
                workload=workload,
            )
    return outcome


def _news(times: Sequence[float]) -> str:
    since = f"since {datetime.fromtimestamp(times[0], UTC):%Y-%m-%dT%H:%M:%SZ}" if times else "since an older commit"
    return (
        f"still running although stopped in Git {since}: somebody started it in the cluster (drift), or Flux is stuck; "
        "see `flux get kustomizations`"
    )


@dataclass(frozen=True, kw_only=True)
class _Stop:
    """A stop that a commit records."""

    time: float
    workload: Workload
    cluster: str


def _stops(commits: Sequence[RecordedCommit]) -> Iterator[_Stop]:
    for commit in commits:
        if not commit.is_by_action:
            continue
        try:
            responses = trailers.responses(commit.message)
        except BadHistory:
            continue
        for response in responses:
            match = _RESPONSE.fullmatch(response.response)
            if match and _STOP in match["actions"].split(" and "):
                workload = Workload(kind=match["kind"], namespace=match["namespace"], name=match["name"])
                yield _Stop(time=commit.time, workload=workload, cluster=response.cluster)
