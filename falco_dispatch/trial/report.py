"""What a person or a program reads of a trial."""

import json
from collections import Counter
from typing import Any

from responder.escape import one_line
from responder.plan.outcome import Outcome
from responder.proof.rendered import label

from .trial import Trial, TriedWorkload


def as_text(trial: Trial) -> str:
    """Return a line for each workload, then how often each outcome came, then what is wrong."""
    names = [(one_line(workload.cluster), one_line(label(workload.key))) for workload in trial.workloads]
    widths = [max(map(len, column)) for column in zip(*names, strict=True)]
    lines = [
        f"{cluster:{widths[0]}}  {name:{widths[1]}}  {_verdict(workload)}"
        for (cluster, name), workload in zip(names, trial.workloads, strict=True)
    ]
    lines.append(f"{len(trial.clusters)} clusters, {trial.files} YAML files, {len(trial.workloads)} workloads rendered")
    counts = Counter(_kind(workload.outcome) for workload in trial.workloads)
    lines += [f"{count:6} {kind}" for kind, count in counts.most_common()]
    lines.append(f"{len(trial.mistakes):6} wrong")
    lines += [f"       not rendered: {one_line(failure)}" for failure in trial.failures]
    lines += [f"       {one_line(mistake)}" for mistake in trial.mistakes]
    return "\n".join(lines)


def as_json(trial: Trial) -> str:
    """Return the same for programs."""
    content = {
        "clusters": list(trial.clusters),
        "files": trial.files,
        "workloads": [_as_object(workload) for workload in trial.workloads],
        "not_rendered": list(trial.failures),
        "wrong": list(trial.mistakes),
    }
    return json.dumps(content, indent=2)


def _as_object(workload: TriedWorkload) -> dict[str, Any]:
    group, kind, namespace, name = workload.key
    response = workload.outcome.response
    return {
        "cluster": workload.cluster,
        "group": group,
        "kind": kind,
        "namespace": namespace,
        "name": name,
        "verdict": workload.outcome.verdict.value,
        "proof": _proof(workload.outcome),
        "reason": workload.outcome.reason,
        "files": response.files if response else [],
    }


def _verdict(workload: TriedWorkload) -> str:
    """Return the verdict; with its reason where nothing is contained."""
    outcome = workload.outcome
    return _kind(outcome) if outcome.verdict.changes_files else f"{outcome.verdict}: {one_line(outcome.reason)}"


def _kind(outcome: Outcome) -> str:
    """Return what an outcome is counted as."""
    if proof := _proof(outcome):
        return ", ".join(dict.fromkeys([outcome.verdict.value, proof]))
    return f"{outcome.verdict}: {outcome.reason.partition(':')[0]}"


def _proof(outcome: Outcome) -> str | None:
    return outcome.response.proof.standing.value if outcome.response and outcome.response.proof else None
