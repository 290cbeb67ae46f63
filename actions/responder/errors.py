"""What can go wrong in a response, by what the caller does next.

ResponderError
├── BadInput        the user's own input is wrong: exit code 2
├── BadName         a namespace or pod name that Kubernetes would not take: the event is refused
├── BadEvent        an event that cannot be read: it alone is refused
├── NotFound        no declared workload owns the pod: the event is refused
├── Ambiguous       several do: the event is refused, `candidates` says between which
├── GitFailed       a git command failed: exit code 1
├── PushLost        another push was faster: plan again on the new tip
└── PushRefused     the remote does not want the commit: exit code 1, say what would help
"""

from collections.abc import Sequence


class ResponderError(Exception):
    """The base of everything that this package raises on purpose."""


class BadInput(ResponderError):
    """An input of the action that cannot be used."""


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


class NotFound(ResponderError):
    """No workload declared in the desired state owns the pod."""

    def __init__(self, pod: object) -> None:
        super().__init__(f"no declared workload owns pod {pod}")
        self.pod = pod


class Ambiguous(ResponderError):
    """Several declared workloads could own the pod; `candidates` print as file:line and the object."""

    def __init__(self, pod: object, candidates: Sequence[object]) -> None:
        super().__init__(f"several declared workloads could own pod {pod}: {', '.join(map(str, candidates))}")
        self.pod = pod
        self.candidates = tuple(candidates)


class GitFailed(ResponderError):
    """A git command that should work did not; `said` is git's own message in one line."""

    def __init__(self, command: str, said: str) -> None:
        super().__init__(f"git {command} failed: {said}")
        self.command = command
        self.said = said


class PushLost(ResponderError):
    """The branch has moved on since it was checked out."""

    def __init__(self, branch: str) -> None:
        super().__init__(f"another push to {branch} was faster")
        self.branch = branch


class PushRefused(ResponderError):
    """The remote refuses the commit, and would refuse the next one too; `said` is its message in one line."""

    def __init__(self, branch: str, said: str) -> None:
        super().__init__(f"the push to {branch} was refused: {said}")
        self.branch = branch
        self.said = said
