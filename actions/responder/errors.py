"""What can go wrong in a response, by what the caller does next.

ResponderError
├── BadInput        the user's own input is wrong: exit code 2
├── GitFailed       a git command failed: exit code 1
├── PushLost        another push was faster: plan again on the new tip
└── PushRefused     the remote does not want the commit: exit code 1, say what would help
"""


class ResponderError(Exception):
    """The base of everything that this package raises on purpose."""


class BadInput(ResponderError):
    """An input of the action that cannot be used."""


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
