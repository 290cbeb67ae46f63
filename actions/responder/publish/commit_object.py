"""A commit as git stores it, and whether this action made it. Runs nothing.

https://git-scm.com/docs/gitcommit-format
"""

import re
from dataclasses import dataclass
from datetime import UTC, datetime

from . import settings

_IDENTITY = f"{settings.AUTHOR} <{settings.EMAIL}>"
_GITHUB = "GitHub <noreply@github.com>"
_BOT = re.compile(r"[^<]*\[bot\] <([0-9]+\+)?[^<>+@]+\[bot\]@users\.noreply\.github\.com>")


@dataclass(frozen=True, kw_only=True)
class Commit:
    """A commit; `author` and `committer` have a name and an address, `time` is the committer's."""

    sha: str
    parents: tuple[str, ...]
    author: str
    committer: str
    time: datetime
    is_signed: bool
    message: str

    @property
    def is_by_action(self) -> bool:
        """Return whether this action pushed the commit, or GitHub made and signed it for a bot (`commit-via: api`).

        A merge is never one. A commit that a person has rebased, cherry-picked or written is none either.
        """
        if len(self.parents) != 1:
            return False
        if self.is_by_github:
            return self.is_signed and _BOT.fullmatch(self.author) is not None
        return (self.author, self.committer) == (_IDENTITY, _IDENTITY)

    @property
    def is_by_github(self) -> bool:
        """Return whether the commit claims to be made by GitHub, which signs what it makes."""
        return self.committer == _GITHUB

    @property
    def is_of_action(self) -> bool:
        """Return whether this action made the commit, even if a person has rebased or cherry-picked it since."""
        return self.is_by_action or (len(self.parents) == 1 and self.author == _IDENTITY)


def parse(sha: str, data: bytes) -> Commit:
    """Return the commit of which `data` is the content."""
    head, _, message = data.partition(b"\n\n")
    headers: dict[str, list[str]] = {}
    for line in head.decode(errors="replace").split("\n"):
        name, _, value = line.partition(" ")
        headers.setdefault(name, []).append(value)  # the lines of a signature have an empty name
    author, committer = (headers.get(name, [""])[0] for name in ("author", "committer"))
    encoding = headers.get("encoding", ["utf-8"])[0]
    return Commit(
        sha=sha,
        parents=tuple(headers.get("parent", ())),
        author=_identity(author),
        committer=_identity(committer),
        time=_time(committer),
        is_signed="gpgsig" in headers or "gpgsig-sha256" in headers,
        message=_decoded(message, encoding),
    )


def _identity(value: str) -> str:
    """Return the name and the address of a line that ends with a time."""
    return value.rpartition(">")[0] + ">"


def _time(value: str) -> datetime:
    """Return the time that a line ends with, the epoch for one that no calendar has."""
    seconds = value.rpartition(">")[2].split()[:1]
    try:
        return datetime.fromtimestamp(int("".join(seconds)), UTC)
    except (ValueError, OverflowError, OSError):
        return datetime.fromtimestamp(0, UTC)


def _decoded(message: bytes, encoding: str) -> str:
    try:
        return message.decode(encoding, errors="replace")
    except (LookupError, ValueError):  # anybody who commits can write any name there
        return message.decode(errors="replace")
