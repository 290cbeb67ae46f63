"""The two ways to put a commit on a branch: git commits and pushes, or GitHub makes the commit and signs it.

Both add to the tip that is checked out or do nothing: raise PushLost if the branch has moved on, PushRefused if the
commit is not wanted at all. Neither ever forces.
"""

import base64
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Protocol

from ..errors import ApiRefused, PushLost, PushRefused
from ..github.api import Api
from . import history
from .git import Git
from .tree_entry import Draft

# https://docs.github.com/en/graphql/reference/mutations#createcommitonbranch
_MUTATION = """\
mutation ($input: CreateCommitOnBranchInput!) { createCommitOnBranch(input: $input) { commit { oid } } }
"""


class Publishable(Protocol):
    """New contents of files, None for a file to delete, and the message of the commit that they become."""

    @property
    def files(self) -> Mapping[PurePosixPath, bytes | None]: ...

    @property
    def message(self) -> str: ...

    def confirm(self, message: str) -> None:
        """Raise RecordLost unless a message, as it was read back, still records what the commit does."""
        ...


class Commits(Protocol):
    """A way to commit."""

    def add(self, git: Git, draft: Draft, plan: Publishable, *, branch: str) -> str:
        """Commit a plan's draft on top of what is checked out, as the tip of `branch`. Return the SHA.

        Raises RecordLost, before anything is pushed, if the commit would not record what it does.
        """
        ...


class ByGit:
    """Commits here and pushes."""

    def add(self, git: Git, draft: Draft, plan: Publishable, *, branch: str) -> str:
        commit = git.commit(draft, plan.message)
        plan.confirm(history.read_commit(git, commit).message)
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

    def add(self, git: Git, draft: Draft, plan: Publishable, *, branch: str) -> str:
        head = git.head()
        headline, _, body = plan.message.rstrip("\n").partition("\n\n")
        plan.confirm(f"{headline}\n\n{body}")
        if self.creates_branches:
            self._create_branch(branch, head)
        variables = {
            "branch": {"repositoryNameWithOwner": self.api.repository, "branchName": branch},
            "expectedHeadOid": head,
            "message": {"headline": headline, "body": body},
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
