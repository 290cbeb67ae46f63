"""The workflow run as GitHub Actions shows it to a step: inputs, event, outputs, summary, log, annotations.

https://docs.github.com/en/actions/reference/workflows-and-actions/workflow-commands
"""

import json
import secrets
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TextIO

from ..errors import BadInput
from ..escape import command_data, command_property
from .api import Api

SUMMARY_LIMIT = 1024 * 1024  # bytes, a limit of GitHub's
_BRANCH = "refs/heads/"


@dataclass(frozen=True, kw_only=True)
class Run:
    """One run of an action: what it was given and where its results go."""

    environ: Mapping[str, str] = field(repr=False)
    out: TextIO = field(default_factory=lambda: sys.stdout)
    marker: str = field(default_factory=lambda: secrets.token_hex(16))

    def input(self, name: str, default: str = "") -> str:
        """The input `name` (kebab-case, as in action.yml), or `default` where it is empty."""
        return self.environ.get("INPUT_" + name.upper().replace("-", "_"), "").strip() or default

    def choice(self, name: str, *allowed: str) -> str:
        """An input that is one of `allowed`, the first of which is the default. Raises BadInput."""
        value = self.input(name, allowed[0])
        if value not in allowed:
            raise BadInput(f"input {name} is {value!r}; it can be {', '.join(allowed)}")
        return value

    @property
    def workspace(self) -> Path:
        return Path(self.environ.get("GITHUB_WORKSPACE") or ".").resolve()

    @property
    def branch(self) -> str:
        """The branch that the run is on, which is the one it commits to. Raises BadInput on a tag or pull request."""
        ref = self.environ.get("GITHUB_REF", "")
        if not ref.startswith(_BRANCH):
            raise BadInput(f"the run is on {ref or 'no ref'}, not on a branch, so there is nothing to commit to")
        return self.target_branch

    @property
    def target_branch(self) -> str:
        """The branch that the run is on or, in a pull request, is about; empty on a tag."""
        ref = self.environ.get("GITHUB_REF", "")
        return ref.removeprefix(_BRANCH) if ref.startswith(_BRANCH) else self.environ.get("GITHUB_BASE_REF", "")

    @property
    def repository(self) -> str:
        """The name of the repository, `owner/name`, or empty where the runner does not say."""
        return self.environ.get("GITHUB_REPOSITORY", "")

    @property
    def repository_url(self) -> str | None:
        """The address of the repository's page, if the runner says enough to tell."""
        server = self.environ.get("GITHUB_SERVER_URL")
        return f"{server}/{self.repository}" if server and self.repository else None

    @property
    def api(self) -> Api:
        """GitHub's APIs for the repository, with the token of the inputs."""
        url = self.environ.get("GITHUB_API_URL") or "https://api.github.com"
        graphql = self.environ.get("GITHUB_GRAPHQL_URL") or f"{url}/graphql"
        return Api(url=url, graphql_url=graphql, repository=self.repository, token=self.input("token"))

    def event(self) -> Mapping[str, Any]:
        """The event that started the run, or an empty mapping where there is none."""
        path = self.environ.get("GITHUB_EVENT_PATH")
        if not path:
            return {}
        event = json.loads(Path(path).read_bytes() or b"{}")
        return event if isinstance(event, dict) else {}

    def mask(self, secret: str) -> None:
        """Have the runner hide a secret in the log."""
        self.out.write(f"::add-mask::{command_data(secret)}\n")

    def write_output(self, name: str, value: str) -> None:
        """Set an output. A random delimiter keeps a value from ending itself and setting another one."""
        delimiter = f"end-{secrets.token_hex(16)}"
        self._append("GITHUB_OUTPUT", f"{name}<<{delimiter}\n{value}\n{delimiter}\n")

    def write_summary(self, markdown: str) -> None:
        """Add to the job summary, cut to what GitHub takes."""
        if len(markdown.encode()) > SUMMARY_LIMIT:
            cut = markdown.encode()[: SUMMARY_LIMIT - 200].decode(errors="ignore")
            markdown = cut + "\n\nThe rest is left out: GitHub takes 1 MiB of summary.\n"
        self._append("GITHUB_STEP_SUMMARY", markdown)

    def log(self, text: str) -> None:
        """Print to the log. Commands are off meanwhile, so that no text from an event can be one."""
        self._print(f"::stop-commands::{self.marker}\n{text}\n::{self.marker}::")

    def annotate(self, level: str, message: str, *, file: str | None = None, line: int | None = None) -> None:
        """Show `message` on the run's page, at `file` and `line` if given; `level` is notice, warning or error."""
        places = {"file": file, "line": line}
        properties = ",".join(f"{key}={command_property(value)}" for key, value in places.items() if value is not None)
        self._print(f"::{level} {properties}".rstrip() + f"::{command_data(message)}")

    def _append(self, variable: str, text: str) -> None:
        if path := self.environ.get(variable):
            with Path(path).open("a", encoding="utf-8") as file:
                file.write(text)

    def _print(self, text: str) -> None:
        print(text, file=self.out, flush=True)
