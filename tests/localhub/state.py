"""The state of the local GitHub, and what a dispatch makes of it."""

import subprocess
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from . import dispatches
from .apps import App
from .dispatches import Invalid
from .limits import RateLimit
from .model import Fault, Repository, Request, Token
from .runs import Runs


@dataclass(kw_only=True)
class State:
    """Everything that the endpoints read and change."""

    url: str
    runs: Runs
    tokens: dict[str, Token]
    repositories: dict[str, Repository] = field(default_factory=dict)
    requests: list[Request] = field(default_factory=list)
    faults: list[Fault] = field(default_factory=list)
    limit: RateLimit = field(default_factory=RateLimit)
    apps: list[App] = field(default_factory=list)

    def read(self, repository: Repository, ref: str | None, path: str) -> bytes | None:
        """A file as of a ref, the default branch if none is given; None where there is no such file."""
        revision = f"{ref or repository.default_branch}:{path}"
        result = subprocess.run(["git", "show", revision], cwd=repository.path, capture_output=True, check=False)
        return result.stdout if result.returncode == 0 else None

    def list_files(self, repository: Repository, ref: str | None, folder: str) -> list[str]:
        """The names in a folder as of a ref; none where there is no such folder."""
        command = ["git", "ls-tree", "--name-only", ref or repository.default_branch, f"{folder}/"]
        result = subprocess.run(command, cwd=repository.path, capture_output=True, check=False)
        return [path.rpartition("/")[2] for path in result.stdout.decode().splitlines()]

    def list_commits(self, repository: Repository, *arguments: str) -> list[str]:
        """The SHAs that `git rev-list` prints; none for a revision that does not exist."""
        command = ["git", "rev-list", *arguments]
        return subprocess.run(command, cwd=repository.path, capture_output=True, check=False).stdout.decode().split()

    def start_listening(self, repository: Repository, content: Mapping[str, Any], token: Token) -> None:
        """Start the workflows of the default branch that listen to a repository_dispatch; maybe none does."""
        event = {
            "action": content["event_type"],
            "branch": repository.default_branch,
            "client_payload": content.get("client_payload"),
            **self._common(repository, token),
        }
        ref = f"refs/heads/{repository.default_branch}"
        for name in self._workflows(repository):
            workflow = self.read(repository, None, f".github/workflows/{name}") or b""
            if dispatches.listens(workflow, content["event_type"]):
                self.runs.add(repository, workflow=name, event_name="repository_dispatch", event=event, ref=ref)

    def start_workflow(self, repository: Repository, name: str, content: Mapping[str, Any], token: Token) -> int:
        """Start one workflow on a ref by a workflow_dispatch; returns the run's id. Raises Invalid."""
        ref = str(content["ref"]).removeprefix("refs/heads/")
        if self.read(repository, None, f".github/workflows/{name}") is None:
            raise Invalid("Not Found", status=404)
        workflow = self.read(repository, ref, f".github/workflows/{name}")
        if workflow is None:
            raise Invalid(f"No ref found for: {ref}")
        event = {
            "inputs": dispatches.inputs(workflow, content.get("inputs") or {}),
            "ref": f"refs/heads/{ref}",
            "workflow": f".github/workflows/{name}",
            **self._common(repository, token),
        }
        run = self.runs.add(
            repository, workflow=name, event_name="workflow_dispatch", event=event, ref=f"refs/heads/{ref}"
        )
        return run.id

    def _workflows(self, repository: Repository) -> list[str]:
        result = subprocess.run(
            ["git", "ls-tree", "--name-only", f"{repository.default_branch}:.github/workflows"],
            cwd=repository.path,
            capture_output=True,
            text=True,
            check=False,
        )
        return [name for name in result.stdout.splitlines() if name.endswith((".yml", ".yaml"))]

    def _common(self, repository: Repository, token: Token) -> dict[str, Any]:
        owner, _, name = repository.name.partition("/")
        return {
            "repository": {
                "name": name,
                "full_name": repository.name,
                "owner": {"login": owner},
                "default_branch": repository.default_branch,
                "clone_url": repository.clone_url,
                "html_url": f"{self.url}/{repository.name}",
            },
            "sender": {"login": token.login, "type": "Bot" if token.login.endswith("[bot]") else "User"},
        }
