"""A desired-state repository at the local GitHub, and runs of the actions on it as a workflow would have them."""

import subprocess
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from tests.actions.conftest import ENVIRON, Remote, command
from tests.actions.runs import Responder
from tests.localhub import Hub

NAME = "acme/desired-state"
PERMISSIONS = {"contents": "write", "pull-requests": "write"}


class Hosted(Remote):
    """The repository, whose own commits are pushed past GitHub's rules."""

    def __init__(self, hub: Hub, files: Mapping[str, bytes]) -> None:
        self.repository = hub.create_repository(NAME, files=files)
        self.path = self.repository.path
        self._checkouts = 0

    def git(self, *arguments: str) -> str:
        """What git says in the bare repository."""
        return command("git", *arguments, cwd=self.path).decode().strip()

    def branches(self) -> list[str]:
        """All but main."""
        return [name for name in self.git("branch", "--format=%(refname:short)").splitlines() if name != "main"]

    def merge(self, branch: str) -> None:
        """Merge a branch into main, as the button of a pull request does."""
        root = self.checkout().root
        command("git", "merge", "--quiet", "--no-ff", "--no-edit", f"origin/{branch}", cwd=root)
        command("git", "push", "--quiet", "origin", "HEAD:main", cwd=root)

    def push_to(self, branch: str, files: Mapping[str, bytes]) -> None:
        """A commit of somebody else's on a branch."""
        root = self.checkout().root
        command("git", "checkout", "--quiet", branch, cwd=root)
        for name, data in files.items():
            (root / name).write_bytes(data)
        command("git", "add", "--all", cwd=root)
        command("git", "commit", "--quiet", "--message", "Somebody's addition", cwd=root)
        command("git", "push", "--quiet", "origin", branch, cwd=root)


class HostedResponder(Responder):
    """Runs the action as a workflow's run does: its own token, the APIs of the local GitHub, Git over HTTP.

    `meanwhile` is done after each checkout.
    """

    def __init__(self, hub: Hub, hosted: Hosted, folder: Path, permissions: Mapping[str, str] = PERMISSIONS) -> None:
        folder.mkdir(exist_ok=True)
        super().__init__(hosted, folder)
        self._hosted = hosted
        self.token = hub.create_token(NAME, permissions=permissions, workflow=True)
        self.environ = {"GITHUB_API_URL": hub.api_url, "GITHUB_GRAPHQL_URL": f"{hub.api_url}/graphql"}
        self.meanwhile: Callable[[], Any] = lambda: None
        self.clone_options = ["--depth=1"]
        self._count = 0

    def workspace(self) -> Path:
        self._count += 1
        root = self._folder / f"workspace-{self._count}"
        command("git", "clone", "--quiet", *self.clone_options, f"file://{self._hosted.path}", str(root))
        url = self._hosted.repository.clone_url
        subprocess.run(["git", "remote", "set-url", "origin", url], cwd=root, env=ENVIRON, check=True)
        self.meanwhile()
        return root

    def dispatch(self, *events: Any, **inputs: str) -> Any:
        return super().dispatch(*events, **{"token": self.token, "verify": "off", **inputs})
