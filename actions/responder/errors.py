"""Defines the errors of the responder. A class exists where a caller does something different with it.

ResponderError
├── BadInput             an input of the action cannot be used: exit code 2
│   └── BadRules         the response rules have mistakes: nothing is done
├── BadName              Kubernetes does not accept a namespace or pod name: the event is refused
├── BadEvent             an event cannot be read: only this event is refused
├── Refused              a response cannot be made safely: the event is refused, the other events of the batch are not
│   ├── NotFound         no declared workload owns what the event is about
│   ├── Ambiguous        several declared workloads could own it
│   ├── NoHome           no edit changes this cluster's workload and nothing else
│   ├── NotYaml          a file is broken YAML, or a template
│   ├── EditRefused      the document cannot be edited without changing more
│   ├── Unsupported      the kind of workload does not support the response
│   │   ├── PatchFailed      an operation of a JSON patch does not apply
│   │   └── ProtectedWorkload    no response changes this workload
│   ├── OverLimit        the limits of the rules are reached: a person must look first
│   ├── NotAPerson       a GitHub App started a restore
│   ├── NotRecorded      the history has no response that matches the inputs of a restore
│   ├── ChangedSince     somebody changed what the response wrote
│   └── Unproved         rendering shows a different change, or cannot show it although `verify` requires it
├── NoIdentity           GitHub gives the run no identity token: Flux is not notified
├── BadHistory           a commit's trailers are not in the format of this action: exit code 1
├── NotRendered          kustomize cannot render a folder: there is no proof
│   └── BrokenFolder     the repository's own content is why: Flux cannot build it either
├── NoAnswer             a server gives no whole answer in time: the caller decides whether to ask again
├── GitFailed            a git command failed: exit code 1
├── RecordLost           a commit does not record what it does: nothing is pushed, exit code 1
├── ApiRefused           GitHub's API refused a request: exit code 1
│   └── NotPermitted     the token lacks a permission
├── NothingToReview      a branch has no commit that its base does not have: no pull request is needed
├── PushLost             another push was faster: plan again on the new tip
└── PushRefused          the remote refuses the commit: exit code 1
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from .escape import one_line


class ResponderError(Exception):
    """The base of all errors that this package raises on purpose."""


class BadInput(ResponderError):
    """An input of the action cannot be used."""


@dataclass(frozen=True)
class Mistake:
    """A mistake in a file that a person wrote. Line and column count from 1."""

    file: str
    line: int
    column: int
    problem: str
    suggestion: str = ""

    def __str__(self) -> str:
        message = "; ".join(filter(None, [self.problem, self.suggestion]))
        return f"{one_line(self.file)}:{self.line}:{self.column}: {one_line(message)}"


class BadRules(BadInput):
    """The response rules have mistakes. Its text has a line for each mistake."""

    def __init__(self, mistakes: Iterable[Mistake]) -> None:
        self.mistakes = tuple(mistakes)
        super().__init__("\n".join(map(str, self.mistakes)))


class BadName(ResponderError):
    """No object of a cluster can have this name, which an attacker may have written. `field` is namespace or pod."""

    def __init__(self, field: str, name: str) -> None:
        super().__init__(f"Kubernetes does not accept the {field} name {name!r}")
        self.field = field
        self.name = name


class BadEvent(ResponderError):
    """An event, or a name in it, cannot be used. `id` is the event's id if it could be read."""

    def __init__(self, problem: str, *, id: str | None = None) -> None:  # noqa: A002 - the name that CloudEvents gives it
        super().__init__(problem)
        self.id = id


class Refused(ResponderError):
    """A response would have to guess, or could do harm. The message says what would help."""


class NotYaml(Refused):
    """A file cannot be read as YAML. `line` counts from 1."""

    def __init__(self, problem: str, *, line: int | None) -> None:
        super().__init__(problem)
        self.line = line


class EditRefused(Refused):
    """An edit cannot be made safely. `reason` is a short name, like "alias"; `line` counts from 1."""

    def __init__(self, reason: str, detail: str, *, line: int | None = None) -> None:
        super().__init__(f"{detail} ({reason}{f', line {line}' if line else ''})")
        self.reason = reason
        self.detail = detail
        self.line = line


class Unsupported(Refused):
    """This kind of workload does not support the response."""


class PatchFailed(Unsupported):
    """One operation of a JSON patch does not apply, so that none of the patch may take effect."""

    def __init__(self, operation: Mapping[str, object], reason: str) -> None:
        super().__init__(f"the patch fails at {operation.get('op', '?')} {operation.get('path', '?')}: {reason}")
        self.operation = operation
        self.reason = reason


class ProtectedWorkload(Unsupported):
    """No response changes this workload, whatever the rules say."""


class NotFound(Refused):
    """No workload in the desired state owns the subject. `near` are similar workloads of other namespaces or clusters.

    `settle` are lines for the rules file; each of them would make a workload the owner.
    """

    def __init__(
        self, subject: object, *, reason: str = "", near: Sequence[object] = (), settle: Sequence[str] = ()
    ) -> None:
        nearest = f"; the nearest: {', '.join(map(str, near))}" if near else ""
        lines = f"; if one does, write into the rules {' or '.join(settle)}" if settle else ""
        super().__init__(f"no declared workload owns {subject}{reason and f': {reason}'}{nearest}{lines}")
        self.subject = subject
        self.near = tuple(near)
        self.settle = tuple(settle)


class Ambiguous(Refused):
    """Several declared workloads could own the pod. `candidates` print as file:line and the object.

    `settle` are lines for the rules file; each of them would decide which workload is the owner. Where there is no such
    line, `advice` says what else to do.
    """

    def __init__(
        self, subject: object, candidates: Sequence[object], *, settle: Sequence[str] = (), advice: str = ""
    ) -> None:
        ending = f"; to settle it, write into the rules {' or '.join(settle)}" if settle else advice and f"; {advice}"
        super().__init__(f"several declared workloads could own {subject}: {', '.join(map(str, candidates))}{ending}")
        self.subject = subject
        self.candidates = tuple(candidates)
        self.settle = tuple(settle)


class NoHome(Refused):
    """No edit would change the workload of this cluster and nothing else."""


class Unproved(Refused):
    """Rendering does not show that an edit is the response and nothing else. `diff` is the rendered difference."""

    def __init__(self, reason: str, *, diff: str) -> None:
        super().__init__(f"the rendered proof failed: {reason}")
        self.diff = diff


class NotAPerson(Refused):
    """A GitHub App, or nobody that GitHub names, started what only a person may start."""


class NotRecorded(Refused):
    """The history of the branch has no response that matches the inputs."""


class ChangedSince(Refused):
    """Somebody changed what a response wrote: restoring the old value would undo that work."""


class OverLimit(Refused):
    """One more response would exceed the limits of the rules."""


class NoIdentity(ResponderError):
    """GitHub gives the run no identity token. The message says what would help."""


class BadHistory(ResponderError):
    """The trailers of a commit are not in the format of this action."""


class NotRendered(ResponderError):
    """A folder cannot be rendered, because of its own content or of a remote resource."""


class BrokenFolder(NotRendered):
    """A folder cannot be rendered by anybody, because of what the repository itself has in it."""


class NoAnswer(ResponderError):
    """No whole answer to an HTTP request; the message holds neither the address nor anything that was sent."""


class GitFailed(ResponderError):
    """A git command failed. `message` is git's own message in one line."""

    def __init__(self, command: str, message: str) -> None:
        super().__init__(f"git {command} failed: {message}")
        self.command = command
        self.message = message


class RecordLost(ResponderError):
    """The message of a commit, as it was read back, does not record what the commit does."""


class ApiRefused(ResponderError):
    """GitHub's API refused a request. `message` is its message in one line, `kind` the type of a GraphQL error.

    `status` is None if there was no answer.
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
    """A branch has no commit that its base does not have."""

    def __init__(self, branch: str) -> None:
        super().__init__(f"branch {branch} has no commit that its base does not have")
        self.branch = branch


class PushLost(ResponderError):
    """Another push changed the branch after it was checked out."""

    def __init__(self, branch: str) -> None:
        super().__init__(f"another push to {branch} was faster")
        self.branch = branch


class PushRefused(ResponderError):
    """The remote refuses the commit, and would refuse the next one too. `message` is its message in one line."""

    def __init__(self, branch: str, message: str) -> None:
        super().__init__(f"the push to {branch} was refused: {message}")
        self.branch = branch
        self.message = message
