"""The one place where an error of an action becomes an exit code, and a message that says what would help."""

import functools
from typing import Protocol

from ..errors import BadInput, PushLost, PushRefused, ResponderError
from ..escape import plain
from ..github.run_environment import RunEnvironment
from ..github.run_output import Annotation, RunOutput
from ..surprise import Surprise, guarded

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
    """Run an action, log its error if there is one, and return its exit code."""
    try:
        code = guarded(functools.partial(command, environment, output))
        if isinstance(code, Surprise):
            report_surprise(code, output)
            output.annotate(Annotation(level="error", message=f"the action failed unexpectedly ({code.kind})"))
            return FAILED
        return code
    except BadInput as error:
        output.annotate(Annotation(level="error", message=str(error)))
        return BAD_INPUT
    except ResponderError as error:
        message = " ".join(filter(None, [str(error), _HELP.get(type(error))]))
        output.annotate(Annotation(level="error", message=message))
        return FAILED


def report_surprise(surprise: Surprise, output: RunOutput) -> None:
    """Log the traceback of a surprise; text of an event can be in it."""
    output.print("\n".join(plain(line, limit=2000) for line in surprise.traceback.splitlines()))
