"""The two ways to put a commit on a branch: git commits and pushes, or GitHub makes the commit and signs it.

Both add to the tip that is checked out or do nothing: raise PushLost if the branch has moved on, PushRefused if the
commit is not wanted at all. Neither ever forces.
"""

import base64
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Protocol

from ..errors import ApiRefused, PushLost, PushRefused
from ..github.api import Api
from .git import Git

# https://docs.github.com/en/graphql/reference/mutations#createcommitonbranch
_MUTATION = """\
mutation ($input: CreateCommitOnBranchInput!) { createCommitOnBranch(input: $input) { commit { oid } } }
"""


class Commits(Protocol):
    """A way to commit."""

    def add(self, git: Git, paths: Sequence[PurePosixPath], message: str, *, branch: str) -> str:
        """Commit `paths` as they are in the work tree on top of what is checked out, as `branch`. Returns the SHA."""
        ...


class ByGit:
    """The commit is made here and pushed."""

    def add(self, git: Git, paths: Sequence[PurePosixPath], message: str, *, branch: str) -> str:
        commit = git.commit(paths, message)
        git.push(branch)
        return commit


BY_GIT = ByGit()


@dataclass(frozen=True, kw_only=True)
class ByApi:
    """GitHub makes the commit from whole files. `makes_branches` where a branch may be new, which it has to be told."""

    api: Api
    makes_branches: bool = False

    def add(self, git: Git, paths: Sequence[PurePosixPath], message: str, *, branch: str) -> str:
        head = git.head()
        if self.makes_branches:
            self._make(branch, head)
        headline, _, body = message.partition("\n\n")
        additions = {path: git.blob(path) for path in git.stage(paths)}
        given = {
            "branch": {"repositoryNameWithOwner": self.api.repository, "branchName": branch},
            "expectedHeadOid": head,
            "message": {"headline": headline, "body": body.rstrip("\n")},
            "fileChanges": {
                "additions": [
                    {"path": git.place(path), "contents": base64.b64encode(data).decode()}
                    for path, data in additions.items()
                ],
                "deletions": [{"path": git.place(path)} for path in paths if path not in additions],
            },
        }
        try:
            made = self.api.mutate(_MUTATION, given)
        except ApiRefused as error:
            if error.kind == "STALE_DATA":
                raise PushLost(branch) from error
            raise PushRefused(branch, error.message) from error
        return str(made["createCommitOnBranch"]["commit"]["oid"])

    def _make(self, branch: str, sha: str) -> None:
        try:
            self.api.post("git/refs", {"ref": f"refs/heads/{branch}", "sha": sha})
        except ApiRefused as error:
            # A branch that is there may be behind: the mutation will say so.
            if "already exists" not in error.message:
                raise PushRefused(branch, error.message) from error
