"""What the local GitHub knows: repositories, tokens, requests and workflow runs."""

import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

RANKS = {"none": 0, "read": 1, "write": 2}


@dataclass(frozen=True, kw_only=True)
class Token:
    """A credential for one repository. `workflow` for a run's own token, which may not change workflows.

    `scopes` are those of a classic token. `login` is the account that it acts as, that of an App ends with [bot].
    """

    repository: str
    permissions: Mapping[str, str]
    workflow: bool = False
    scopes: str = ""
    login: str = "octocat"
    value: str = field(default_factory=lambda: f"ghs_{secrets.token_hex(18)}", repr=False)

    def allows(self, repository: str, permission: str, level: str) -> bool:
        """Whether it may, for example, `contents` at `write` in a repository. Every token may read what it is for."""
        granted = self.permissions.get(permission, "none")
        if permission == "contents" and level == "read" and not self.workflow:
            granted = "read" if granted == "none" else granted
        return self.repository == repository and RANKS[granted] >= RANKS[level]


@dataclass(kw_only=True)
class PullRequest:
    """A pull request; `state` is open or closed."""

    number: int
    title: str
    body: str
    head: str
    base: str
    state: str = "open"
    is_merged: bool = False


@dataclass(kw_only=True)
class Issue:
    """An issue; `state` is open or closed, `state_reason` why it was closed."""

    number: int
    title: str
    body: str
    labels: list[str]
    assignees: list[str]
    state: str = "open"
    state_reason: str | None = None
    comments: list[str] = field(default_factory=list)


@dataclass(kw_only=True)
class Repository:
    """A bare repository on disk and its settings. `protected` makes every push fail, as a ruleset would."""

    name: str
    path: Path
    clone_url: str
    secrets: Mapping[str, str] = field(default_factory=dict, repr=False)
    vars: Mapping[str, str] = field(default_factory=dict)
    default_branch: str = "main"
    protected: bool = False
    reviewers: dict[str, list[str]] = field(default_factory=dict)  # by the environments that require them
    disabled: set[str] = field(default_factory=set)  # workflows, by their files
    pull_requests: list[PullRequest] = field(default_factory=list)
    signed: set[str] = field(default_factory=set)  # the commits that GitHub made, and signed
    statuses: list[dict[str, Any]] = field(default_factory=list)  # of commits, the oldest first
    issues: list[Issue] = field(default_factory=list)
    has_issues: bool = True  # a setting
    assignable: set[str] = field(default_factory=set)  # logins of those who may be assigned
    takes_pull_requests_of_workflows: bool = True  # a setting, which GitHub has off in new repositories


@dataclass(frozen=True, kw_only=True)
class Request:
    """A dispatch as it was asked for and answered."""

    path: str
    headers: Mapping[str, str]
    body: bytes
    status: int
    time: datetime


@dataclass(frozen=True, kw_only=True)
class Fault:
    """An answer to give instead of the true one: after `delay` seconds; `drop` closes the connection without any."""

    status: int = 500
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""
    delay: float = 0.0
    drop: bool = False


@dataclass(kw_only=True)
class Run:
    """A workflow run. `conclusion` is None until it is completed: then success, failure or skipped."""

    id: int
    workflow: str
    event_name: str
    event: Mapping[str, Any]
    ref: str
    status: str = "queued"  # then waiting where its environment requires a review, in_progress, completed
    approvals: list[dict[str, Any]] = field(default_factory=list)
    conclusion: str | None = None
    log: str = ""
    summary: str = ""
    started: datetime | None = None
    finished: datetime | None = None
