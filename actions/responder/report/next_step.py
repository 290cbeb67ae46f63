"""What a person does next about an event that got no response: the line to paste, the command to run.

Decides nothing about why it was refused: the error says that.
"""

from collections.abc import Iterator, Sequence

from ..errors import Ambiguous, BadName, EditRefused, NotFound, NotYaml, OverLimit, ProtectedWorkload, Refused
from ..escape import fenced
from ..falco.event import Event
from ..kubernetes.pod_names import Pod
from ..plan.outcome import Outcome
from .event_table import events_to_paste
from .layout import fold
from .links import Links


def steps(outcome: Outcome, links: Links, rules: str) -> Iterator[str]:
    """Yield what a person can do now, as paragraphs of Markdown. `rules` is the path of the rules file."""
    file = links.top_file(rules)
    match outcome.refusal:
        case NotFound(settle=[_, *_] as lines) | Ambiguous(settle=[_, *_] as lines):
            which = "this line" if len(lines) == 1 else "one of these lines, for the workload that it is,"
            yield f"**Next:** write {which} into {file}:"
            yield fenced("\n".join(line.strip("`") for line in lines), "yaml")
        case ProtectedWorkload():
            yield f"**Next:** decide by hand. To let responses change it, take it out of `protect` in {file}."
        case OverLimit():
            yield f"**Next:** look what is going on; then wait, or raise `limits` in {file}."
        case EditRefused() | NotYaml():
            yield "**Next:** mend the file that is named above, or contain the workload by a commit of your own."
        case NotFound():
            yield f"**Next:** see what owns the pod, and declare it, or name it in `workloads` of {file}:"
            yield from _question(outcome.event)
        case Refused():
            yield "**Next:** see to what is named above, or contain the workload by a commit of your own."
        case None if outcome.event and not outcome.event.claimed_pod:
            yield "**Next:** look at the node: no workload of this repository is known to be behind it."


def run_again(events: Sequence[Event], links: Links) -> str:
    """Return how to run the workflow by hand with events, and what to paste."""
    command = f"gh workflow run {links.workflow}{links.gh_option} -F event=@event.json"
    text = f"When that is done, run {links.respond} by hand and paste this as `event`, or save it as event.json:"
    return (
        f"### To run by hand\n\n{text}\n\n{fenced(command, 'sh')}\n{fold('event.json', events_to_paste(list(events)))}"
    )


def _question(event: Event | None) -> Iterator[str]:
    """Yield the command that asks the cluster for the owner of a pod, if Kubernetes accepts its name."""
    namespace, _, name = (event.claimed_pod or "" if event else "").partition("/")
    try:
        pod = Pod(namespace=namespace, name=name)
    except BadName:
        return
    yield fenced(f"kubectl -n {pod.namespace} get pod {pod.name} -o jsonpath='{{.metadata.ownerReferences}}'", "sh")
