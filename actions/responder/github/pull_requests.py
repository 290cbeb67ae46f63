"""Pull requests of one repository, as the workflow's token may see, open and change them.

https://docs.github.com/en/rest/pulls/pulls
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

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
    def read(cls, content: Mapping[str, Any]) -> "PullRequest":
        """From GitHub's answer."""
        return cls(
            number=content["number"], url=content["html_url"], branch=content["head"]["ref"],
            body=content["body"] or "", is_open=content["state"] == "open",
        )  # fmt: skip

    def __str__(self) -> str:
        return f"pull request #{self.number}"


@dataclass(frozen=True, kw_only=True)
class PullRequests:
    """The pull requests that ask for changes of the branch `base`."""

    api: Api
    base: str

    def of(self, branch: str) -> list[PullRequest]:
        """Those that a branch was ever proposed in, the newest first. Raises NotPermitted, ApiRefused."""
        owner = self.api.repository.partition("/")[0]
        query = {"head": f"{owner}:{branch}", "base": self.base, "state": "all", "per_page": "100"}
        try:
            listed = self.api.get("pulls", **query)
        except ApiRefused as error:
            raise _explained(error) from error
        return [found for found in map(PullRequest.read, listed) if found.branch == branch]

    def open(self, branch: str, *, title: str, body: str) -> PullRequest:
        """Propose a branch; the pull request that another run has opened meanwhile is as good.

        Raises NotPermitted, NothingToReview, ApiRefused.
        """
        content = {"title": title, "body": body, "head": branch, "base": self.base}
        try:
            return PullRequest.read(self.api.post("pulls", content))
        except ApiRefused as error:
            if "No commits between" in error.message:
                raise NothingToReview(branch) from error
            already = [each for each in self.of(branch) if each.is_open] if error.status == 422 else []
            if not already:
                raise _explained(error) from error
            return already[0]

    def describe(self, pull: PullRequest, body: str) -> PullRequest:
        """Change what it says. What is answered is closed where somebody closed it meanwhile. Raises as `open`."""
        try:
            content = self.api.patch(f"pulls/{pull.number}", {"body": body})
        except ApiRefused as error:
            raise _explained(error) from error
        return replace(PullRequest.read(content), branch=pull.branch)


def _explained(error: ApiRefused) -> ApiRefused:
    """With what would help, where the token may not; a 404 is GitHub's other way to say so."""
    if "not permitted to create" in error.message:
        return NotPermitted(error.request, error.status, f"{error.message} {_SETTING}")
    if error.status in (401, 403, 404):
        return NotPermitted(error.request, error.status, f"{error.message}: {_PERMISSION}")
    return error
