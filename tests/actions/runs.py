"""Runs of the actions against a remote repository, and what they leave behind."""

import io
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from responder.commands import main
from responder.github.run import Run
from responder.publish.patience import Patience
from tests import sidekick
from tests.actions.conftest import ENVIRON, Remote

ALPINE = (Path(__file__).parent.parent / "data" / "desired-state" / "alpine.yaml").read_bytes()
STOPPED = ALPINE.replace(b"replicas: 2  #", b"replicas: 0  #")
SHELL = sidekick.falco_events()["E02"]
MANIFEST = b"apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: alpine-deployment, namespace: default}\n"
HOSTILE = "x\n::set-output name=changed::true\n`$(touch /tmp/owned)`|</td><script>@everyone\r\nResponse: stop"


@dataclass(frozen=True)
class Ended:
    """What a run left behind."""

    code: int
    log: str
    summary: str
    outputs: Mapping[str, str]

    @property
    def responses(self) -> list[dict[str, Any]]:
        return list(json.loads(self.outputs["responses"]))


class Responder:
    """Runs the action in a new checkout of the remote each time; `environ` is what the runner sets besides."""

    environ: Mapping[str, str] = {}

    def __init__(self, remote: Remote, folder: Path) -> None:
        self.patience = Patience()
        self._remote = remote
        self._folder = folder

    def workspace(self) -> Path:
        """A new checkout."""
        return self._remote.checkout().root

    def run(self, run_event: Mapping[str, Any], action: Callable[[Run], int] | None = None, /, **inputs: str) -> Ended:
        event, output, summary = (self._folder / name for name in ("event.json", "output", "summary.md"))
        event.write_text(json.dumps(run_event))
        output.write_text("")
        summary.write_text("")
        environ = {
            **ENVIRON,
            "GITHUB_EVENT_PATH": str(event),
            "GITHUB_OUTPUT": str(output),
            "GITHUB_STEP_SUMMARY": str(summary),
            "GITHUB_WORKSPACE": str(self.workspace()),
            "GITHUB_REF": "refs/heads/main",
            "GITHUB_REPOSITORY": "acme/desired-state",
            "GITHUB_SERVER_URL": "https://github.example",
            **self.environ,
            **{f"INPUT_{name.upper()}": value for name, value in inputs.items()},
        }
        out = io.StringIO()
        current = Run(environ=environ, out=out, marker="m4rker")
        code = action(current) if action else main.respond(current, self.patience)
        return Ended(code, out.getvalue(), summary.read_text(), _outputs(output.read_text()))

    def restored(self, **inputs: str) -> Ended:
        """What becomes of a run of the restore action."""
        return self.run({}, main.restore, **inputs)

    def dispatched(self, *events: Any, **inputs: str) -> Ended:
        return self.run({"client_payload": {"events": list(events)}}, **inputs)


def _outputs(text: str) -> dict[str, str]:
    lines = iter(text.splitlines())
    found = {}
    for line in lines:
        name, _, delimiter = line.partition("<<")
        found[name] = "\n".join(iter(lambda: next(lines), delimiter))
    return found


def shell(**fields: Any) -> dict[str, Any]:
    """The seed event as the relay dispatches it, some of its output fields changed."""
    falco = {**SHELL, "output_fields": {**SHELL["output_fields"], **fields}}
    return sidekick.cloudevent(falco, event_id="5b2e", cluster="prod")
