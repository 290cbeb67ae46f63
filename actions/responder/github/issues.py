"""Issues of one repository, as the workflow's token may see, open and change them. What they say is for the caller.

https://docs.github.com/en/rest/issues/issues
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Self

from ..errors import ApiRefused, NotPermitted
from .api import Api

_PERMISSION = "give the job `permissions: issues: write`, or the input token that of a GitHub App with Issues: write"
_PAGE = 100
_MOST_PAGES = 10


@dataclass(frozen=True, kw_only=True)
class Issue:
    """An open issue."""

    number: int
    url: str
    body: str

    @classmethod
    def from_content(cls, content: Mapping[str, Any]) -> Self:
        """Read an issue from GitHub's answer."""
        return cls(number=content["number"], url=content["html_url"], body=content["body"] or "")


@dataclass(frozen=True, kw_only=True)
class Issues:
    """The open issues with a label."""

    api: Api
    label: str

    def find(self, mark: str) -> Issue | None:
        """Return the newest open issue whose text has the mark, None without one. Raises ApiRefused."""
        return next((issue for issue in self._all() if mark in issue.body), None)

    def open(self, *, title: str, body: str, labels: Sequence[str], assignees: Sequence[str]) -> Issue:
        """Open an issue; without its assignees where GitHub does not accept one of them. Raises ApiRefused."""
        content = {"title": title, "body": body, "labels": list(dict.fromkeys([self.label, *labels]))}
        try:
            return Issue.from_content(self._post("issues", {**content, "assignees": list(assignees)}))
        except ApiRefused as error:
            if error.status != 422 or not assignees:
                raise
            return Issue.from_content(self._post("issues", content))

    def comment(self, issue: Issue, body: str) -> None:
        """Add a comment to an issue. Raises ApiRefused."""
        self._post(f"issues/{issue.number}/comments", {"body": body})

    def close(self, issue: Issue) -> None:
        """Close an issue as completed. Raises ApiRefused."""
        try:
            self.api.patch(f"issues/{issue.number}", {"state": "closed", "state_reason": "completed"})
        except ApiRefused as error:
            raise _with_help(error) from error

    def _all(self) -> Iterator[Issue]:
        for page in range(1, _MOST_PAGES + 1):
            query = {"state": "open", "labels": self.label, "per_page": str(_PAGE), "page": str(page)}
            try:
                contents = self.api.get("issues", **query)
            except ApiRefused as error:
                raise _with_help(error) from error
            yield from (Issue.from_content(content) for content in contents if "pull_request" not in content)
            if len(contents) < _PAGE:
                return

    def _post(self, path: str, content: Mapping[str, object]) -> Any:
        try:
            return self.api.post(path, content)
        except ApiRefused as error:
            raise _with_help(error) from error


def _with_help(error: ApiRefused) -> ApiRefused:
    """Return the error with what would help if the token may not; a 404 is GitHub's other way to say so."""
    if error.status in (401, 403, 404):
        return NotPermitted(error.request, error.status, f"{error.message}: {_PERMISSION}")
    return error
