"""The one place where an error of an action becomes an exit code, and a message and a page that say what would help."""

import functools
from typing import Protocol

from ..errors import BadInput, PushLost, PushRefused, ResponderError
from ..escape import plain
from ..falco import cloudevent, run_event
from ..falco.event import Event
from ..github.run_environment import RunEnvironment
from ..github.run_output import Annotation, RunOutput
from ..report.failure_report import FailureReport
from ..surprise import Surprise, guarded
from .run_links import run_links

SUCCESS, FAILED, BAD_INPUT = 0, 1, 2

_HELP = {
    PushRefused: "Branch rules can keep the workflow's token out: let GitHub Actions push to this branch, or give the "
    "input token that of a GitHub App that may; or let a person merge: `mode: pull-request`.",
    PushLost: "The branch is busier than a run can follow. Run the workflow again: what is in place stays in place.",
}


class Command(Protocol):
    """The function of an action, from a run's environment to its exit code."""

    def __call__(self, environment: RunEnvironment, output: RunOutput, /) -> int:
        """Run it. Raises ResponderError."""
        ...


def exit_code(command: Command, environment: RunEnvironment, output: RunOutput) -> int:
    """Run an action, tell of its error if there is one, in the log and in the summary, and return its exit code."""
    try:
        code = guarded(functools.partial(command, environment, output))
    except ResponderError as error:
        help_text = _HELP.get(type(error), "")
        message = str(error) if isinstance(error, BadInput) else " ".join(filter(None, [str(error), help_text]))
        output.annotate(Annotation(level="error", message=message))
        _write_summary(error, help_text, environment, output)
        return BAD_INPUT if isinstance(error, BadInput) else FAILED
    if not isinstance(code, Surprise):
        return code
    report_surprise(code, output)
    output.annotate(Annotation(level="error", message=f"the action failed unexpectedly ({code.kind})"))
    _write_summary(code, "", environment, output)
    return FAILED


def report_surprise(surprise: Surprise, output: RunOutput) -> None:
    """Log the traceback of a surprise; text of an event can be in it."""
    output.print("\n".join(plain(line, limit=2000) for line in surprise.traceback.splitlines()))


def _write_summary(
    failure: ResponderError | Surprise, help_text: str, environment: RunEnvironment, output: RunOutput
) -> None:
    events = guarded(functools.partial(_events, environment))
    report = FailureReport(
        failure=failure,
        help=help_text,
        events=() if isinstance(events, Surprise) else events,
        links=run_links(environment),
    )
    output.write_summary(report.summary())


def _events(environment: RunEnvironment) -> list[Event]:
    """Return the events of a run, as far as they can be read."""
    try:
        documents = run_event.documents(environment.read_event(), environment.inputs.text("event"))
    except BadInput:
        return []
    return [event for event in cloudevent.parse_all(documents) if isinstance(event, Event)]
