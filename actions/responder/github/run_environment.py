"""What GitHub Actions says of a run, read once: repository, branch, event, inputs. Where results go is `run_output`'s.

https://docs.github.com/en/actions/reference/workflows-and-actions/variables
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Self

from ..errors import BadInput
from ..falco import json_text
from ..http_client import HttpClient
from .api import Api
from .inputs import Inputs
from .oidc import IdentityProvider
from .starter import Starter

_BRANCH = "refs/heads/"
_SECRETS = ("INPUT_", "ACTIONS_ID_TOKEN_REQUEST_")  # prefixes of variables that no other process needs


@dataclass(frozen=True, kw_only=True)
class RunEnvironment:
    """One run of an action, as the runner started it."""

    inputs: Inputs
    workspace: Path
    ref: str = ""
    base_branch: str = ""  # that of a pull request
    sha: str = ""  # of the commit that the run is on
    repository: str = ""  # owner/name
    workflow: str = ""  # the name of its file
    run_id: str = ""
    server_url: str = ""
    api_url: str = "https://api.github.com"
    graphql_url: str = "https://api.github.com/graphql"
    event_file: Path | None = None
    output_file: Path | None = None
    summary_file: Path | None = None
    identity: IdentityProvider
    http: HttpClient
    process_environ: Mapping[str, str] = field(repr=False)  # for the programs that the action starts

    @classmethod
    def from_environ(cls, environ: Mapping[str, str]) -> Self:
        """Read the environment of a step."""
        http = HttpClient.from_environ(environ)
        api_url = environ.get("GITHUB_API_URL") or cls.api_url
        return cls(
            inputs=Inputs.from_environ(environ),
            workspace=Path(environ.get("GITHUB_WORKSPACE") or ".").resolve(),
            ref=environ.get("GITHUB_REF", ""),
            base_branch=environ.get("GITHUB_BASE_REF", ""),
            sha=environ.get("GITHUB_SHA", ""),
            repository=environ.get("GITHUB_REPOSITORY", ""),
            workflow=environ.get("GITHUB_WORKFLOW_REF", "").partition("@")[0].rpartition("/")[2],
            run_id=environ.get("GITHUB_RUN_ID", ""),
            server_url=environ.get("GITHUB_SERVER_URL", ""),
            api_url=api_url,
            graphql_url=environ.get("GITHUB_GRAPHQL_URL") or f"{api_url}/graphql",
            event_file=_path(environ.get("GITHUB_EVENT_PATH")),
            output_file=_path(environ.get("GITHUB_OUTPUT")),
            summary_file=_path(environ.get("GITHUB_STEP_SUMMARY")),
            identity=IdentityProvider(
                url=environ.get("ACTIONS_ID_TOKEN_REQUEST_URL", ""),
                bearer=environ.get("ACTIONS_ID_TOKEN_REQUEST_TOKEN", ""),
                http=http,
            ),
            http=http,
            process_environ={name: value for name, value in environ.items() if not name.startswith(_SECRETS)},
        )

    @property
    def branch(self) -> str:
        """Return the branch that the run is on, which it commits to. Raises BadInput on a tag or a pull request."""
        if not self.ref.startswith(_BRANCH):
            raise BadInput(f"the run is on {self.ref or 'no ref'}, not on a branch, so there is nothing to commit to")
        return self.target_branch

    @property
    def target_branch(self) -> str:
        """Return the branch that the run is on or, in a pull request, is about; empty on a tag."""
        return self.ref.removeprefix(_BRANCH) if self.ref.startswith(_BRANCH) else self.base_branch

    @property
    def repository_url(self) -> str | None:
        """Return the address of the repository's page, None if the runner does not say enough."""
        return f"{self.server_url}/{self.repository}" if self.server_url and self.repository else None

    @property
    def api(self) -> Api:
        """Return GitHub's APIs for the repository, with the token of the inputs."""
        return Api(
            url=self.api_url,
            graphql_url=self.graphql_url,
            repository=self.repository,
            token=self.inputs.text("token"),
            http=self.http,
        )

    @property
    def starter(self) -> Starter:
        """Return who started the run."""
        return Starter.from_event(self.read_event(), self.process_environ)

    def read_event(self) -> Mapping[str, Any]:
        """Read the event that started the run; an empty mapping where there is none. Raises BadInput."""
        if self.event_file is None:
            return {}
        try:
            event = json_text.decode_run_event(self.event_file.read_bytes() or b"{}")
        except (ValueError, RecursionError) as error:
            raise BadInput("the event of the run, in the file GITHUB_EVENT_PATH, is not JSON") from error
        return event if isinstance(event, dict) else {}


def _path(name: str | None) -> Path | None:
    return Path(name) if name else None
