"""What can go wrong in a response, by what the caller does next.

ResponderError
├── BadInput        the user's own input is wrong: exit code 2
│   └── BadRules    so are the response rules, `mistakes` says where: nothing is done
├── BadName         a namespace or pod name that Kubernetes would not take: the event is refused
├── BadEvent        an event that cannot be read: it alone is refused
├── Refused         what a rule demands cannot be done safely: the event is refused, the others of its batch are not
│   ├── NotFound    no declared workload owns the pod
│   ├── Ambiguous   several do; `candidates` says between which
│   ├── NoHome      no edit would reach this cluster's workload and no other
│   ├── NotYaml     a file that declares it is broken, or a template
│   ├── EditRefused the document cannot be edited without touching more
│   ├── Unsupported the response does not fit the kind of workload
│   ├── OverLimit   the rules' limits are reached: a person has to look first
│   ├── NotRecorded the history has no response that a restore could mean
│   ├── ChangedSince somebody has changed what a response would be taken back from
│   └── Unproved    the rendered clusters say that the edit is not the response, or cannot say it though they have to
├── NoIdentity      GitHub gives the run no identity token: Flux is not told
├── BadHistory      a commit records a response in a way that this action does not: exit code 1
├── NotRendered     kustomize cannot render a folder: there is no proof
├── GitFailed       a git command failed: exit code 1
├── ApiRefused      GitHub's API does not do what it is asked for: exit code 1
│   └── NotPermitted    since the token may not; the message says what would help
├── NothingToReview a branch has nothing that its base has not: there is no need for a pull request
├── PushLost        another push was faster: plan again on the new tip
└── PushRefused     the remote does not want the commit: exit code 1, say what would help
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from .escape import one_line


class ResponderError(Exception):
    """The base of everything that this package raises on purpose."""


class BadInput(ResponderError):
    """An input of the action that cannot be used."""


@dataclass(frozen=True)
class Mistake:
    """One mistake in a file that a person wrote; line and column count from 1."""

    file: str
    line: int
    column: int
    problem: str
    suggestion: str = ""

    def __str__(self) -> str:
        told = "; ".join(filter(None, [self.problem, self.suggestion]))
        return f"{one_line(self.file)}:{self.line}:{self.column}: {one_line(told)}"


class BadRules(BadInput):
    """Response rules that cannot be trusted to mean what was meant; prints as a line for each mistake."""

    def __init__(self, mistakes: Iterable[Mistake]) -> None:
        self.mistakes = tuple(mistakes)
        super().__init__("\n".join(map(str, self.mistakes)))


class BadName(ResponderError):
    """A name in an event that no object of a cluster can have; an attacker may have written it."""

    def __init__(self, what: str, name: str) -> None:
        super().__init__(f"{name!r} is not a {what} name that Kubernetes would take")
        self.what = what
        self.name = name


class BadEvent(ResponderError):
    """An event that cannot be used, or the names in it; `id` is its own where that much could be read."""

    def __init__(self, problem: str, *, id: str | None = None) -> None:  # noqa: A002 - the name that CloudEvents gives it
        super().__init__(problem)
        self.id = id


class Refused(ResponderError):
    """A response that would have to guess, or could do harm; the message says what would settle it."""


class NotYaml(Refused):
    """A file that cannot be read as YAML; `line` counts from 1."""

    def __init__(self, problem: str, *, line: int | None) -> None:
        super().__init__(problem)
        self.line = line


class EditRefused(Refused):
    """An edit that cannot be made safely. `reason` is its name, like "alias"; `line` counts from 1."""

    def __init__(self, reason: str, detail: str, *, line: int | None = None) -> None:
        super().__init__(f"{detail} ({reason}{f', line {line}' if line else ''})")
        self.reason = reason
        self.detail = detail
        self.line = line


class Unsupported(Refused):
    """A response that this kind of workload does not have."""


class ProtectedWorkload(Unsupported):
    """A workload that no response touches, whatever the rules say."""


class NotFound(Refused):
    """No workload declared in the desired state owns the pod; `near` are those that would, were they elsewhere."""

    def __init__(self, pod: object, *, reason: str = "", near: Sequence[object] = ()) -> None:
        nearest = f"; the nearest: {', '.join(map(str, near))}" if near else ""
        super().__init__(f"no declared workload owns pod {pod}{reason and f': {reason}'}{nearest}")
        self.pod = pod
        self.near = tuple(near)


class Ambiguous(Refused):
    """Several declared workloads could own the pod; `candidates` print as file:line and the object.

    `settle` are lines for the rules file, of which one would settle it.
    """

    def __init__(self, pod: object, candidates: Sequence[object], *, settle: Sequence[str] = ()) -> None:
        lines = f"; to settle it, write into the rules {' or '.join(settle)}" if settle else ""
        super().__init__(f"several declared workloads could own pod {pod}: {', '.join(map(str, candidates))}{lines}")
        self.pod = pod
        self.candidates = tuple(candidates)
        self.settle = tuple(settle)


class NoHome(Refused):
    """There is no place where the response would reach the workload of this cluster and nothing else."""


class Unproved(Refused):
    """Rendering does not show that an edit is the response and nothing else; `diff` is what it shows."""

    def __init__(self, reason: str, *, diff: str) -> None:
        super().__init__(f"the rendered proof failed: {reason}")
        self.diff = diff


class NotRecorded(Refused):
    """The branch's history records no response that is meant."""


class ChangedSince(Refused):
    """What a response wrote is not there as it left it: putting the old value back would undo somebody else's work."""


class OverLimit(Refused):
    """One more response would be more than the rules allow without a person."""


class NoIdentity(ResponderError):
    """The run has no identity token; the message says what would help."""


class BadHistory(ResponderError):
    """The trailers of a commit are none that this action writes."""


class NotRendered(ResponderError):
    """A folder that does not render, for what it is or for what it takes from elsewhere."""


class GitFailed(ResponderError):
    """A git command that should work did not; `message` is git's own message in one line."""

    def __init__(self, command: str, message: str) -> None:
        super().__init__(f"git {command} failed: {message}")
        self.command = command
        self.message = message


class ApiRefused(ResponderError):
    """An answer of GitHub's API that is no success; `message` is its message in one line, `kind` GraphQL's type of it.

    `status` is None where there was no answer.
    """

    def __init__(self, request: str, status: int | None, message: str, *, kind: str = "") -> None:
        super().__init__(f"{request} at GitHub's API: {status or 'no status'}, {message}")
        self.request = request
        self.status = status
        self.message = message
        self.kind = kind


class NotPermitted(ApiRefused):
    """The token lacks a permission, or a setting of the repository forbids it."""


class NothingToReview(ResponderError):
    """A branch is part of the branch that it should be proposed for."""

    def __init__(self, branch: str) -> None:
        super().__init__(f"branch {branch} has no commit that its base has not")
        self.branch = branch


class PushLost(ResponderError):
    """The branch has moved on since it was checked out."""

    def __init__(self, branch: str) -> None:
        super().__init__(f"another push to {branch} was faster")
        self.branch = branch


class PushRefused(ResponderError):
    """The remote refuses the commit, and would refuse the next one too; `message` is its message in one line."""

    def __init__(self, branch: str, message: str) -> None:
        super().__init__(f"the push to {branch} was refused: {message}")
        self.branch = branch
        self.message = message
