"""Pull requests of one repository, as the workflow's token may see, open and change them.

What a pull request says, and which branch it is for, is for the caller to decide.
https://docs.github.com/en/rest/pulls/pulls
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Self

from ..errors import ApiRefused, NothingToReview, NotPermitted
from .api import Api

_PERMISSION = (
    "give the job `permissions: pull-requests: write` beside `contents: write`, or the input token that of a GitHub "
    "App with Pull requests: write"
)
_SETTING = (
    "switch on Settings, Actions, General, “Allow GitHub Actions to create and approve pull requests”, or give the "
    "input token that of a GitHub App"
)


@dataclass(frozen=True, kw_only=True)
class PullRequest:
    """A pull request, open or not."""

    number: int
    url: str
    branch: str
    body: str
    is_open: bool

    @classmethod
    def from_content(cls, content: Mapping[str, Any]) -> Self:
        """Read a pull request from GitHub's answer."""
        return cls(
            number=content["number"],
            url=content["html_url"],
            branch=content["head"]["ref"],
            body=content["body"] or "",
            is_open=content["state"] == "open",
        )

    def __str__(self) -> str:
        return f"pull request #{self.number}"


@dataclass(frozen=True, kw_only=True)
class PullRequests:
    """The pull requests that ask for changes of the branch `base`."""

    api: Api
    base: str

    def list(self, branch: str) -> "list[PullRequest]":
        """Return all pull requests of a branch, closed ones too, the newest first. Raises NotPermitted, ApiRefused."""
        owner = self.api.repository.partition("/")[0]
        query = {"head": f"{owner}:{branch}", "base": self.base, "state": "all", "per_page": "100"}
        try:
            contents = self.api.get("pulls", **query)
        except ApiRefused as error:
            raise _with_help(error) from error
        return [pull for pull in map(PullRequest.from_content, contents) if pull.branch == branch]

    def open(self, branch: str, *, title: str, body: str) -> PullRequest:
        """Propose a branch, or return the pull request that another run has opened in the meantime.

        Raises NotPermitted, NothingToReview, ApiRefused.
        """
        content = {"title": title, "body": body, "head": branch, "base": self.base}
        try:
            return PullRequest.from_content(self.api.post("pulls", content))
        except ApiRefused as error:
            if "No commits between" in error.message:
                raise NothingToReview(branch) from error
            existing = [pull for pull in self.list(branch) if pull.is_open] if error.status == 422 else []
            if not existing:
                raise _with_help(error) from error
            return existing[0]

    def describe(self, pull: PullRequest, body: str) -> PullRequest:
        """Change what a pull request says, and return it as it is then: closed, if somebody has closed it.

        Raises NotPermitted, ApiRefused.
        """
        try:
            content = self.api.patch(f"pulls/{pull.number}", {"body": body})
        except ApiRefused as error:
            raise _with_help(error) from error
        return replace(PullRequest.from_content(content), branch=pull.branch)


def _with_help(error: ApiRefused) -> ApiRefused:
    """Return the error with what would help if the token may not; a 404 is GitHub's other way to say so."""
    if "not permitted to create" in error.message:
        return NotPermitted(error.request, error.status, f"{error.message} {_SETTING}")
    if error.status in (401, 403, 404):
        return NotPermitted(error.request, error.status, f"{error.message}: {_PERMISSION}")
    return error
