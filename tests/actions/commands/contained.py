"""The status of a repository as the status action writes it, for the tests of that action."""

import json
import subprocess
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from tests.actions.conftest import ENVIRON, Remote, command
from tests.actions.runs import ALPINE, Responder

OTHER = ALPINE.replace(b"alpine-deployment", b"other")
RULES = (
    b"version: 1\nlimits: {responses-per-hour: 1000}\nrules: [{name: all, match: {rules: ['*']}, respond: [stop]}]\n"
)
OTHER_POD = {"k8s.pod.name": "other-77789455d6-m7flp"}


def states(responder: Responder) -> list[tuple[str, str]]:
    """Return the name and the state of each response, the newest first."""
    return [(response["name"], response["state"]) for response in document(responder)["responses"]]


def document(responder: Responder) -> Mapping[str, Any]:
    """Return the JSON document of a run of the action."""
    workspace = responder.workspace()
    responder.environ = {"GITHUB_WORKSPACE": str(workspace)}
    result = responder.status(json="status.json")
    responder.environ = {}
    assert result.code == 0, result.log
    content: Mapping[str, Any] = json.loads((workspace / "status.json").read_bytes())
    return content


def committed(remote: Remote, sha: str) -> str:
    timestamp = command("git", "show", "--no-patch", "--format=%ct", sha, cwd=remote.path).decode()
    return datetime.fromtimestamp(int(timestamp), UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def make_older(remote: Remote, *, days: int) -> None:
    """Make the last commit older."""
    root = remote.checkout().root
    author = command("git", "show", "--no-patch", "--format=%an%n%ae%n%ct", cwd=root).decode().splitlines()
    date = f"@{int(author[2]) - days * 86400} +0000"
    identity = {"GIT_COMMITTER_NAME": author[0], "GIT_COMMITTER_EMAIL": author[1], "GIT_COMMITTER_DATE": date}
    amend = ["git", "commit", "--quiet", "--amend", "--no-edit", "--allow-empty"]
    subprocess.run(amend, cwd=root, env={**ENVIRON, **identity}, check=True)
    command("git", "push", "--quiet", "--force", "origin", "HEAD:main", cwd=root)
