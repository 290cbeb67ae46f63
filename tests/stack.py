"""All parts of falco-dispatch on this machine, as a user would start them: for the demo and the end-to-end tests.

The relay is a process of its own, the local GitHub serves REST and Git over HTTP and runs the workflow that ships,
and the receiver checks what Flux checks.
"""

import os
import re
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx

from tests.localhub import Hub, Repository
from tests.receiver import FluxReceiver

ROOT = Path(__file__).parent.parent
WORKFLOW = ".github/workflows/respond.yml"
REPOSITORY = "acme/desired-state"
CLUSTER = "prod"
CALLER_TOKEN = "the-caller-token-of-prod"


@dataclass(frozen=True, kw_only=True)
class Relay:
    """A running relay. `address` is what Falcosidekick gets as CLOUDEVENTS_ADDRESS."""

    url: str
    address: str
    log: Path
    process: subprocess.Popen[bytes]


@dataclass(frozen=True, kw_only=True)
class Stack:
    """The running parts."""

    hub: Hub
    repository: Repository
    receiver: FluxReceiver
    relay: Relay
    github_token: str

    def wait_for_requests(self, count: int, *, timeout: float = 30) -> None:
        """Wait until that many dispatches have reached the local GitHub. Raises TimeoutError."""
        deadline = time.monotonic() + timeout
        while len(self.hub.requests) < count:
            if time.monotonic() > deadline:
                raise TimeoutError(f"{len(self.hub.requests)} of {count} dispatches after {timeout} s")
            time.sleep(0.02)

    def dispatch_workflow(self, workflow: str, body: Mapping[str, object], *, token: str = "") -> int:
        """Start a workflow as a person would who pastes an event, or with `token`; returns GitHub's status."""
        token = token or self.hub.create_token(REPOSITORY, permissions={"actions": "write"}, login="alice")
        url = f"{self.hub.api_url}/repos/{REPOSITORY}/actions/workflows/{workflow}/dispatches"
        return httpx.post(url, json=body, headers={"Authorization": f"Bearer {token}"}).status_code


def desired_state(**files: bytes) -> dict[str, bytes]:
    """The files of a desired-state repository: the tutorial's workload and the workflow, exactly as it ships."""
    alpine = ROOT / "tests" / "data" / "desired-state" / "alpine.yaml"
    return {"alpine.yaml": alpine.read_bytes(), WORKFLOW: (ROOT / WORKFLOW).read_bytes(), **files}


@contextmanager
def start(
    folder: Path,
    *,
    files: Mapping[str, bytes],
    act: str | None = None,
    dispatch: str = "repository_dispatch",
    settings: Mapping[str, str] | None = None,
) -> Iterator[Stack]:
    """Start everything below `folder`; `act` is the binary that runs the workflow, None the hub's own runner.

    `settings` are further RELAY_ variables.
    """
    with ExitStack() as stack:
        receiver = stack.enter_context(FluxReceiver.start(type="generic-hmac", token="the-receiver-token"))
        hub = stack.enter_context(Hub.start(folder / "hub", action_source=ROOT, act=act))
        repository = hub.create_repository(
            REPOSITORY,
            files=files,
            secrets={"FLUX_RECEIVER_URL": receiver.url, "FLUX_RECEIVER_TOKEN": receiver.token},
        )
        permission = {"repository_dispatch": "contents", "workflow_dispatch": "actions"}[dispatch]
        token = hub.create_token(REPOSITORY, permissions={permission: "write"})
        environ = {"RELAY_DISPATCH": dispatch, "RELAY_GITHUB_API_URL": hub.api_url, **(settings or {})}
        relay = stack.enter_context(start_relay(folder, token, environ))
        yield Stack(hub=hub, repository=repository, receiver=receiver, relay=relay, github_token=token)


@contextmanager
def start_relay(folder: Path, token: str, settings: Mapping[str, str]) -> Iterator[Relay]:
    """Start the relay as a process; `token` is its credential for GitHub, `settings` are further RELAY_ variables."""
    tokens, secret, log = folder / "tokens.yaml", folder / "github-token", folder / "relay.log"
    tokens.write_text(f"{CLUSTER}: {CALLER_TOKEN}\n")
    secret.write_text(token + "\n")
    environ = {
        "PATH": os.environ["PATH"],
        "RELAY_REPOSITORY": REPOSITORY,
        "RELAY_GITHUB_TOKEN_FILE": str(secret),
        "RELAY_TOKENS_FILE": str(tokens),
        "RELAY_OUTBOX": f"sqlite:{folder / 'relay.db'}",
        "RELAY_PORT": "0",
        **settings,
    }
    with log.open("wb") as out:
        process = subprocess.Popen([sys.executable, "-m", "relay"], cwd=ROOT, env=environ, stdout=out, stderr=out)
    try:
        url = _url(process, log)
        yield Relay(
            url=url, address=url.replace("//", f"//falcosidekick:{CALLER_TOKEN}@") + "/", log=log, process=process
        )
    finally:
        process.terminate()
        process.wait(timeout=15)


def _url(process: subprocess.Popen[bytes], log: Path) -> str:
    """Where the relay listens, as it says itself once it does."""
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline and process.poll() is None:
        if match := re.search(r"running on (http://127\.0\.0\.1:\d+)", log.read_text()):
            return match[1]
        time.sleep(0.02)
    raise RuntimeError(f"the relay does not start:\n{log.read_text()}")
