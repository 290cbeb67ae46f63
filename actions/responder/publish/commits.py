"""The two ways to put a commit on a branch: git commits and pushes, or GitHub makes the commit and signs it.

Both add to the tip that is checked out or do nothing: raise PushLost if the branch has moved on, PushRefused if the
commit is not wanted at all. Neither ever forces.
"""

import base64
from dataclasses import dataclass
from typing import Protocol

from ..errors import ApiRefused, PushLost, PushRefused
from ..github.api import Api
from .git import Git
from .tree_entry import Draft

# https://docs.github.com/en/graphql/reference/mutations#createcommitonbranch
_MUTATION = """\
mutation ($input: CreateCommitOnBranchInput!) { createCommitOnBranch(input: $input) { commit { oid } } }
"""


class Commits(Protocol):
    """A way to commit."""

    def add(self, git: Git, draft: Draft, message: str, *, branch: str) -> str:
        """Commit a draft on top of what is checked out, as the tip of `branch`. Return the SHA."""
        ...


class ByGit:
    """Commits here and pushes."""

    def add(self, git: Git, draft: Draft, message: str, *, branch: str) -> str:
        commit = git.commit(draft, message)
        git.push(commit, branch)
        return commit


BY_GIT = ByGit()


@dataclass(frozen=True, kw_only=True)
class ByApi:
    """Lets GitHub make the commit from whole files. `creates_branches` says that a branch may be new.

    GitHub's mutation commits to an existing branch only.
    """

    api: Api
    creates_branches: bool = False

    def add(self, git: Git, draft: Draft, message: str, *, branch: str) -> str:
        head = git.head()
        if self.creates_branches:
            self._create_branch(branch, head)
        headline, _, body = message.partition("\n\n")
        variables = {
            "branch": {"repositoryNameWithOwner": self.api.repository, "branchName": branch},
            "expectedHeadOid": head,
            "message": {"headline": headline, "body": body.rstrip("\n")},
            "fileChanges": {
                "additions": [
                    {"path": git.path_in_repository(path), "contents": base64.b64encode(git.blob(sha)).decode()}
                    for path, sha in draft.blobs.items()
                    if sha is not None
                ],
                "deletions": [
                    {"path": git.path_in_repository(path)} for path, sha in draft.blobs.items() if sha is None
                ],
            },
        }
        try:
            data = self.api.mutate(_MUTATION, variables)
        except ApiRefused as error:
            if error.kind == "STALE_DATA":
                raise PushLost(branch) from error
            raise PushRefused(branch, error.message) from error
        return str(data["createCommitOnBranch"]["commit"]["oid"])

    def _create_branch(self, branch: str, sha: str) -> None:
        try:
            self.api.post("git/refs", {"ref": f"refs/heads/{branch}", "sha": sha})
        except ApiRefused as error:
            # An existing branch may have moved on: the mutation will say so.
            if "already exists" not in error.message:
                raise PushRefused(branch, error.message) from error
