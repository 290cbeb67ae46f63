"""A real desired-state repository: a bare remote and checkouts of it."""

import os
import subprocess
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from responder.publish.git import Git

ENVIRON = {
    "PATH": os.environ["PATH"],
    "GIT_CONFIG_NOSYSTEM": "1",
    "GIT_CONFIG_GLOBAL": os.devnull,
    "GIT_AUTHOR_NAME": "Somebody",
    "GIT_AUTHOR_EMAIL": "somebody@example.com",
    "GIT_COMMITTER_NAME": "Somebody",
    "GIT_COMMITTER_EMAIL": "somebody@example.com",
}


class Remote:
    """A bare repository with one branch, main."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._checkouts = 0
        command("git", "init", "--quiet", "--bare", "--initial-branch=main", str(path))

    def checkout(self) -> Git:
        """A new clone of it."""
        self._checkouts += 1
        root = self.path.parent / f"checkout-{self._checkouts}"
        command("git", "clone", "--quiet", str(self.path), str(root))
        return Git(root=root, environ=ENVIRON)

    def commit(self, files: Mapping[str, bytes], message: str = "Change the desired state") -> None:
        """Push a commit of somebody else's."""
        root = self.checkout().root
        for name, data in files.items():
            (root / name).parent.mkdir(parents=True, exist_ok=True)
            (root / name).write_bytes(data)
        command("git", "add", "--all", cwd=root)
        command("git", "commit", "--quiet", "--message", message, cwd=root)
        command("git", "push", "--quiet", "origin", "HEAD:main", cwd=root)

    def show(self, revision: str) -> bytes:
        """A file as of a commit (`main:apps/web.yaml`), or a commit itself."""
        return command("git", "show", revision, cwd=self.path)

    def git_files(self) -> list[str]:
        """Return the paths that main has."""
        return command("git", "ls-tree", "-r", "--name-only", "main", cwd=self.path).decode().splitlines()

    def log(self, pretty: str) -> list[str]:
        """The commits of main, newest first."""
        return command("git", "log", f"--format={pretty}", "main", cwd=self.path).decode().splitlines()

    def refuse_pushes(self, reason: str) -> None:
        """From now on answer every push with `reason`."""
        hook = self.path / "hooks" / "pre-receive"
        hook.parent.mkdir(exist_ok=True)
        hook.write_text(f"#!/bin/sh\necho '{reason}' >&2\nexit 1\n")
        hook.chmod(0o755)


def command(*arguments: str, cwd: Path | None = None) -> bytes:
    return subprocess.run(arguments, cwd=cwd, env=ENVIRON, check=True, capture_output=True).stdout


NewRemote = Callable[[Mapping[str, bytes]], Remote]


@pytest.fixture
def new_remote(tmp_path: Path) -> NewRemote:
    def create(files: Mapping[str, bytes]) -> Remote:
        remote = Remote(tmp_path / "remote.git")
        remote.commit(files, "Describe the desired state")
        return remote

    return create
