"""Runs of the actions against a remote repository, and what they leave behind."""

import io
import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from responder.commands.check import check
from responder.commands.exit_codes import Command, exit_code
from responder.commands.respond import respond
from responder.commands.restore import restore
from responder.commands.status import status
from responder.github.run_environment import RunEnvironment
from responder.github.run_output import RunOutput
from responder.publish.patience import Patience
from tests import sidekick
from tests.actions.conftest import ENVIRON, Remote

ALPINE = (Path(__file__).parent.parent / "data" / "desired-state" / "alpine.yaml").read_bytes()
STOPPED = ALPINE.replace(b"replicas: 2  #", b"replicas: 0  #")
SHELL = sidekick.falco_events()["E02"]
MANIFEST = b"apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: alpine-deployment, namespace: default}\n"
HOSTILE = "x\n::set-output name=changed::true\n`$(touch /tmp/owned)`|</td><script>@everyone\r\nResponse: stop"


@dataclass(frozen=True)
class RunResult:
    """What a run left behind."""

    code: int
    log: str
    summary: str
    outputs: Mapping[str, str]

    @property
    def responses(self) -> list[dict[str, Any]]:
        return list(json.loads(self.outputs["responses"]))


class Responder:
    """Runs the actions, each time in a new checkout of the remote; `environ` is what the runner sets besides.

    `sender` is the account that starts the runs.
    """

    environ: Mapping[str, str] = {}
    sender: Mapping[str, str] = {"login": "octocat", "type": "User"}

    def __init__(self, remote: Remote, folder: Path) -> None:
        self.patience = Patience()
        self._remote = remote
        self._folder = folder

    def workspace(self) -> Path:
        """Make a new checkout."""
        return self._remote.checkout().root

    def run(self, run_event: Mapping[str, Any] | str, action: Command | None = None, /, **inputs: str) -> RunResult:
        """Run an action, `respond` if none is named, in a run that this event, or its JSON as it is, started."""
        event, outputs, summary = (self._folder / name for name in ("event.json", "output", "summary.md"))
        text = run_event if isinstance(run_event, str) else json.dumps({"sender": self.sender, **run_event})
        event.write_text(text)
        outputs.write_text("")
        summary.write_text("")
        environ = {
            **ENVIRON,
            "GITHUB_EVENT_PATH": str(event),
            "GITHUB_OUTPUT": str(outputs),
            "GITHUB_STEP_SUMMARY": str(summary),
            "GITHUB_WORKSPACE": str(self.workspace()),
            "GITHUB_REF": "refs/heads/main",
            "GITHUB_REPOSITORY": "acme/desired-state",
            "GITHUB_SERVER_URL": "https://github.example",
            **self.environ,
            **{f"INPUT_{name.upper()}": value for name, value in inputs.items()},
        }
        environment = RunEnvironment.from_environ(environ)
        log = io.StringIO()
        output = RunOutput(
            log=log, output_file=environment.output_file, summary_file=environment.summary_file, marker="m4rker"
        )
        code = exit_code(action or partial(respond, patience=self.patience), environment, output)
        return RunResult(code, log.getvalue(), summary.read_text(), _read_outputs(outputs.read_text()))

    def dispatch(self, *events: Any, **inputs: str) -> RunResult:
        """Run the respond action on the events of a dispatch."""
        return self.run({"client_payload": {"events": list(events)}}, **inputs)

    def restore(self, **inputs: str) -> RunResult:
        """Run the restore action."""
        return self.run({}, partial(restore, patience=self.patience), **inputs)

    def check(self, **inputs: str) -> RunResult:
        """Run the check action."""
        return self.run({}, check, **inputs)

    def status(self, **inputs: str) -> RunResult:
        """Run the status action."""
        return self.run({}, status, **inputs)


def _read_outputs(text: str) -> dict[str, str]:
    lines = iter(text.splitlines())
    outputs = {}
    for line in lines:
        name, _, delimiter = line.partition("<<")
        outputs[name] = "\n".join(iter(lambda: next(lines), delimiter))
    return outputs


def shell(**fields: Any) -> dict[str, Any]:
    """Return the seed event as the relay dispatches it, with some of its output fields changed."""
    falco = {**SHELL, "output_fields": {**SHELL["output_fields"], **fields}}
    return sidekick.cloudevent(falco, event_id="5b2e", cluster="prod")
