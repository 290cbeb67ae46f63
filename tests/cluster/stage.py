"""All real parts together: the cluster with Flux, the local GitHub with act, the relay and Falcosidekick.

A repository on the stage is applied by Flux and answers to the action. Does not decide what is in it.
"""

import shutil
import subprocess
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx

from tests import stack
from tests.localhub import Hub, Repository, Run

from . import control_plane, falcosidekick, flux
from .falcosidekick import Falcosidekick, Output
from .flux import Flux
from .kubectl import Kubectl

WORKFLOWS = (".github/workflows/respond.yml", ".github/workflows/restore.yml")
_TOKEN = "the-token-of-the-receiver"


@dataclass(frozen=True, kw_only=True)
class DesiredState:
    """A repository of the local GitHub that Flux applies, with the workflows that ship."""

    hub: Hub
    repository: Repository
    name: str

    def git(self, *arguments: str) -> str:
        """Return what git prints about the repository."""
        result = subprocess.run(
            ["git", *arguments], cwd=self.repository.path, check=True, capture_output=True, text=True
        )
        return result.stdout.strip()

    @property
    def tip(self) -> str:
        return self.git("rev-parse", "main")

    @property
    def tree(self) -> str:
        """Return the id of the tree of the tip: equal trees are equal byte for byte."""
        return self.git("rev-parse", "main^{tree}")

    def commit(self, files: Mapping[str, bytes | None]) -> None:
        """Commit files as a person would; None removes one."""
        with tempfile.TemporaryDirectory() as folder:
            work = Path(folder)
            subprocess.run(["git", "clone", "--quiet", self.repository.path, work], check=True)
            for name, data in files.items():
                (work / name).unlink() if data is None else (work / name).write_bytes(data)
            person = ("-c", "user.name=Somebody", "-c", "user.email=somebody@example.com")
            for command in (["add", "--all"], [*person, "commit", "--quiet", "--message=Change"], ["push", "--quiet"]):
                subprocess.run(["git", *command], cwd=work, check=True, capture_output=True)

    def dispatch(self, workflow: str, inputs: Mapping[str, str]) -> Run:
        """Start a workflow as a person would, and return its completed run. Raises TimeoutError."""
        token = self.hub.create_token(self.repository.name, permissions={"actions": "write"}, login="alice")
        url = f"{self.hub.api_url}/repos/{self.repository.name}/actions/workflows/{workflow}/dispatches"
        count = len(self.hub.runs)
        body = {"ref": "main", "inputs": dict(inputs)}
        httpx.post(url, json=body, headers={"Authorization": f"Bearer {token}"}).raise_for_status()
        return self.hub.wait_for_runs(count + 1)[-1]


@dataclass(frozen=True, kw_only=True)
class Stage:
    """The running parts. A repository named stack.REPOSITORY gets the events of Falcosidekick through the relay."""

    kubectl: Kubectl
    flux: Flux
    hub: Hub
    relay: stack.Relay
    sidekicks: Mapping[Output, Falcosidekick]

    def create(self, repository: str, files: Mapping[str, bytes], **settings: Any) -> DesiredState:
        """Return a new repository that has the workflows, and whose GitRepository's credential is in the cluster."""
        name = repository.rpartition("/")[2]
        content = {workflow: (stack.ROOT / workflow).read_bytes() for workflow in WORKFLOWS} | dict(files)
        created = self.hub.create_repository(repository, files=content, **settings)
        token = self.hub.create_token(repository, permissions={"contents": "read"})
        self.kubectl.apply(flux.credential(name, token), flux.secret(f"{name}-token", token=_TOKEN))
        return DesiredState(hub=self.hub, repository=created, name=name)

    def connect(self, state: DesiredState, *, receiver: str) -> None:
        """Give the workflows of a repository the address and the token of a Receiver."""
        state.repository.secrets = {
            "FLUX_RECEIVER_URL": self.flux.hook(receiver),
            "FLUX_RECEIVER_TOKEN": _TOKEN,
        }


def runner() -> str:
    """Return what runs the workflows."""
    return "act" if shutil.which("act") else "the local GitHub's own runner, because no act is built"


@contextmanager
def start(folder: Path) -> Iterator[Stage]:
    """Start everything below `folder`, and end it after the block."""
    logs = folder / "logs"
    with ExitStack() as parts:
        kubectl = parts.enter_context(control_plane.start(folder))
        controllers = parts.enter_context(flux.start(folder, kubectl))
        hub = parts.enter_context(Hub.start(folder / "hub", action_source=stack.ROOT, act=shutil.which("act")))
        token = hub.create_token(stack.REPOSITORY, permissions={"contents": "write"})
        relay = parts.enter_context(stack.start_relay(folder, token, {"RELAY_GITHUB_API_URL": hub.api_url}))
        sidekicks = {
            output: parts.enter_context(falcosidekick.start(output, address=relay.address, logs=logs))
            for output in falcosidekick.OUTPUTS
        }
        yield Stage(kubectl=kubectl, flux=controllers, hub=hub, relay=relay, sidekicks=sidekicks)
