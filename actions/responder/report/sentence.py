"""What became of an event, in a sentence: what was done to which workload of which cluster, and how far.

Headings, rows, annotations and outputs all use it; `show` makes text harmless for where it is printed.
"""

from collections.abc import Callable

from ..plan.outcome import Outcome, Response, Verdict

Show = Callable[[object], str]

_PARTICIPLES = {
    "stop": "stopped",
    "scale": "scaled",
    "isolate": "isolated",
    "label": "labelled",
    "annotate": "annotated",
    "patch": "patched",
    "remove": "removed",
}


def sentence(outcome: Outcome, *, dry_run: bool, show: Show) -> str:
    """Return what became of an event; in a dry run, what would."""
    response = outcome.response
    if response is None:
        return _without_response(outcome, dry_run=dry_run, show=show)
    workload = subject(response, show)
    act = f"{response.action} {workload}{extent(response)}"
    match outcome.verdict:
        case Verdict.CONTAINED | Verdict.ASSUMED:
            past = f"{participle(response.action).capitalize()} {workload}{extent(response)}"
            condition = ", if it is its chart that makes the pod" if outcome.verdict is Verdict.ASSUMED else ""
            return f"Would {act}{condition}" if dry_run else f"{past}{condition}"
        case Verdict.PROPOSED:
            return f"{'Would propose' if dry_run else 'Proposed'} to {act}"
        case Verdict.DRY_RUN:
            return f"Would {act}"
        case Verdict.COMMITTED:
            return f"{'Would commit' if dry_run else 'Committed'}, but not in force: {act}"
        case Verdict.IN_PLACE if outcome.origin:
            return f"{workload} {outcome.origin.words(dry_run=dry_run)}"
        case Verdict.STILL_RUNNING:
            return f"{workload} still runs, although it is {participle(response.action)} in Git"
        case Verdict.IN_PLACE:
            return f"{workload} is {participle(response.action)} already"
        case _:
            return _nothing(f"{workload} still runs", dry_run=dry_run)


def subject(response: Response, show: Show) -> str:
    """Return the workload of a response, and its cluster if it has a name."""
    workload = response.workload
    name = f"{workload.kind} {show(f'{workload.namespace}/{workload.name}')}"
    return f"{name} in {show(response.cluster_name)}" if response.cluster_name else name


def participle(action: str) -> str:
    """Return the past participle of an action, or of several that are joined by `and`."""
    return " and ".join(_PARTICIPLES[verb] for verb in action.split(" and "))


def extent(response: Response) -> str:
    """Return how many replicas there were and are, empty where the response is not about them."""
    return f" ({response.replicas})" if response.replicas else ""


def _without_response(outcome: Outcome, *, dry_run: bool, show: Show) -> str:
    event, workload = outcome.event, outcome.workload
    if outcome.verdict is Verdict.IGNORED:
        return "Ignored: no response rule matches"
    if event is None:
        return _nothing("an event cannot be read", dry_run=dry_run)
    cluster = f" in {show(event.cluster)}" if event.cluster else ""
    if workload:
        name = f"{workload.kind} {show(f'{workload.namespace}/{workload.name}')}{cluster}"
        if outcome.origin:
            return f"{name} {outcome.origin.words(dry_run=dry_run)}"
        if outcome.verdict is Verdict.IN_PLACE:
            return f"{name} is stopped already"
        return _nothing(f"{name} still runs", dry_run=dry_run)
    if event.claimed_pod:
        return _nothing(f"pod {show(event.claimed_pod)}{cluster} still runs", dry_run=dry_run)
    node = f" on node {show(event.hostname)}" if event.hostname else ""
    return _nothing(f"it happened{node}{cluster}, and names no pod", dry_run=dry_run)


def _nothing(reason: str, *, dry_run: bool) -> str:
    return f"Nothing {'would be' if dry_run else 'was'} done: {reason}"
