"""The confirm action: waits until Flux says, in the statuses of a commit, whether it has applied the commit."""

from ..errors import BadInput
from ..escape import markdown_code, plain
from ..github import commit_statuses
from ..github.api import Api
from ..github.run_environment import RunEnvironment
from ..github.run_output import Annotation, RunOutput
from ..notify import confirmation
from ..notify.confirmation import Confirmation, State
from ..publish.patience import DEFAULT_PATIENCE, Patience
from .exit_codes import FAILED, SUCCESS

_PAUSE = 2.0  # seconds between two questions
_LONGEST = 3600  # seconds
_HELP = {
    State.FAILED: "the pods may still run: see `flux get kustomizations` and `flux events`",
    State.UNKNOWN: "Flux has not said in time that it applied the commit, so the pods may still run: see `flux get "
    "kustomizations`; deploy/flux/commit-status.yaml makes Flux say it, and the job needs `statuses: read`",
}


def confirm(environment: RunEnvironment, output: RunOutput, *, patience: Patience = DEFAULT_PATIENCE) -> int:
    """Wait for what Flux says of a commit; return 0 if it has applied it, 1 if not. Raises ResponderError."""
    inputs = environment.inputs
    commit, names = inputs.text("commit"), inputs.text("kustomizations").replace(",", " ").split()
    limit = _seconds(inputs.text("timeout", "300"))
    if not commit:
        output.set_output("state", "")
        return SUCCESS
    result = _wait(environment.api, commit, names, limit=limit, patience=patience)
    output.set_output("state", result.state)
    output.write_summary(_summary(commit, result))
    for status in result.statuses:
        level = "notice" if status.state == "success" else "error"
        message = f"{status.context}: {status.state}: {status.description}"
        output.annotate(Annotation(level=level, message=plain(message, limit=1000)))
    if result.state is State.APPLIED:
        return SUCCESS
    output.annotate(Annotation(level="error", message=_HELP[result.state]))
    return FAILED


def _wait(api: Api, commit: str, names: list[str], *, limit: float, patience: Patience) -> Confirmation:
    """Ask until Flux has said something final, or the time is over. Raises ApiRefused."""
    started = patience.clock()
    while True:
        result = confirmation.judge(commit_statuses.latest(api, commit), names)
        if result.state is not State.UNKNOWN or patience.clock() - started >= limit:
            return result
        patience.sleep(_PAUSE)


def _seconds(text: str) -> float:
    if not text.isdecimal() or int(text) > _LONGEST:
        raise BadInput(f"input timeout is not a number of seconds up to {_LONGEST}")
    return float(text)


def _summary(commit: str, result: Confirmation) -> str:
    lines = [f"## Flux: {result.state}", "", f"Commit {markdown_code(commit)}"]
    if result.statuses:
        lines += ["", "| Kustomization | | |", "| --- | --- | --- |"]
    for status in result.statuses:
        cells = (markdown_code(text, limit=300) for text in (status.context, status.state, status.description))
        lines.append(f"| {' | '.join(cells)} |")
    if result.state in _HELP:
        lines += ["", markdown_code(_HELP[result.state], limit=1000)]
    return "\n".join(lines) + "\n"
