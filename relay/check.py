"""`python -m relay check`: find out whether this relay would work, and whether its credential has excess permissions.

It never starts a workflow. To test the permission it posts a body that GitHub must reject after the permission check.
 https://docs.github.com/en/rest/authentication/permissions-required-for-fine-grained-personal-access-tokens
"""

import base64
import time
from collections.abc import Callable, Mapping
from email.utils import parsedate_to_datetime
from typing import Any

import httpx
import yaml

from relay import self_check
from relay.errors import NoToken
from relay.events import TYPE
from relay.finding import Finding, Grade
from relay.github.credentials import Credential
from relay.github.dispatch import Dispatch, RepositoryDispatch
from relay.github.outcome import HINTS, Cause
from relay.reach import reach
from relay.settings import Settings

_WORKFLOWS = ".github/workflows"
# GitHub refuses the proof of an App whose clock is a minute ahead, or ten behind.
# https://docs.github.com/en/apps/creating-github-apps/authenticating-with-a-github-app/generating-a-json-web-token-jwt-for-a-github-app
_CLOCK_SECONDS = 30


async def check(
    settings: Settings,
    client: httpx.AsyncClient,
    *,
    credential: Credential,
    dispatch: Dispatch,
    now: Callable[[], float] = time.time,
) -> list[Finding]:
    """Return the findings in the order of an event's path to GitHub; there, stop at the first obstacle."""
    findings = [topology(settings), Finding(Grade.OK, "reach", reach(settings)), *await self_check.findings(settings)]
    findings += await _clock(client, now)
    try:
        token = await credential.token()
    except NoToken as error:
        return [*findings, Finding(Grade.FAIL, "credential", "; ".join(filter(None, (error.reason, error.hint))))]
    questions = _Questions(client, settings, dispatch, {"Authorization": f"Bearer {token}"})
    try:
        return [*findings, *await questions.findings()]
    except httpx.HTTPError as error:
        message = (
            f"{settings.github_api_url} was not reached ({type(error).__name__}): check RELAY_GITHUB_API_URL, the proxy"
        )
        return [*findings, Finding(Grade.FAIL, "network", f"{message} and the network policies")]


async def _clock(client: httpx.AsyncClient, now: Callable[[], float]) -> list[Finding]:
    """Compare the clock with GitHub's. Without an answer there is no finding: what follows says why."""
    try:
        difference = now() - parsedate_to_datetime((await client.get("")).headers["date"]).timestamp()
    except (httpx.HTTPError, KeyError, ValueError):
        return []
    if abs(difference) <= _CLOCK_SECONDS:
        return [Finding(Grade.OK, "clock", "agrees with GitHub's")]
    direction = "ahead of" if difference > 0 else "behind"
    message = (
        f"{abs(difference):.0f} s {direction} GitHub's: GitHub refuses what a GitHub App signs. Set the time (NTP)"
    )
    return [Finding(Grade.WARN, "clock", message)]


def topology(settings: Settings) -> Finding:
    """Return which of the three topologies of the README the settings choose."""
    where = {
        "repository_dispatch": "its token can write files: run the relay anywhere but in the watched cluster",
        "workflow_dispatch": "its token cannot push: the relay may run in the watched cluster",
    }[settings.dispatch]
    if settings.sts_url:
        where = f"nothing at rest, tokens of an hour from {settings.sts_url}"
    return Finding(
        Grade.OK, "topology", f"{topology_name(settings)}: {settings.dispatch} to {settings.repository}; {where}"
    )


def topology_name(settings: Settings) -> str:
    """Return the name of the topology that the settings choose."""
    if settings.sts_url:
        return "keyless"
    return "outside" if settings.dispatch == "repository_dispatch" else "inside"


class _Questions:
    """The requests to GitHub, and what their answers say about the settings."""

    def __init__(
        self, client: httpx.AsyncClient, settings: Settings, dispatch: Dispatch, headers: Mapping[str, str]
    ) -> None:
        self._client = client
        self._settings = settings
        self._dispatch = dispatch
        self._headers = headers
        self._repository = f"/repos/{settings.repository}"

    async def findings(self) -> list[Finding]:
        answer = await self._get(self._repository)
        if answer.status_code != 200 or not _is_object(answer):
            cause = {401: Cause.CREDENTIAL, 404: Cause.NOT_FOUND}.get(answer.status_code, Cause.UNEXPECTED)
            return [Finding(Grade.FAIL, "repository", f"GitHub answers {_described(answer)}. {HINTS[cause]}")]
        branch = str(answer.json().get("default_branch", "main"))
        findings = [Finding(Grade.OK, "repository", f"{self._settings.repository}, default branch {branch}")]
        findings += self._scopes(answer.headers)
        findings.append(await self._permission())
        if findings[-1].subject == "dispatch":
            return findings
        return [*findings, *await self._excess(), await self._workflow(branch)]

    def _scopes(self, headers: Mapping[str, str]) -> list[Finding]:
        """Warn about a classic token: GitHub lists its scopes, and they always reach too far."""
        scopes = headers.get("x-oauth-scopes", "")
        if not scopes:
            return []
        message = f"a classic token with the scopes {scopes}: it reaches every repository of its owner"
        return [Finding(Grade.WARN, "credential", f"{message}; make a fine-grained token for this one")]

    async def _permission(self) -> Finding:
        needed = _permissions(self._dispatch)
        answer = await self._post(self._dispatch.path)
        if answer.status_code == 422 and _is_object(answer):
            return Finding(Grade.OK, "permission", f"the credential has {needed}")
        if answer.status_code not in (401, 403, 404):
            message = f"GitHub answers {_described(answer)} to a dispatch: the relay would keep all events"
            return Finding(Grade.FAIL, "dispatch", f"{message}. {HINTS[Cause.UNEXPECTED]}")
        return Finding(Grade.FAIL, "permission", f"the credential lacks {needed}. {HINTS[Cause.NOT_FOUND]}")

    async def _excess(self) -> list[Finding]:
        """Warn if workflow_dispatch, which needs Actions alone, is used with a token that can also write files."""
        other = RepositoryDispatch(self._settings.repository)
        if isinstance(self._dispatch, RepositoryDispatch) or (await self._post(other.path)).status_code != 422:
            return []
        message = "the credential has Contents: write, too: it can push. Give it Actions: write alone"
        return [Finding(Grade.WARN, "permission", message)]

    async def _post(self, path: str) -> httpx.Response:
        """Post a body that GitHub must reject after the permission check."""
        return await self._client.post(path, headers=self._headers, json={})

    async def _workflow(self, branch: str) -> Finding:
        if self._settings.dispatch == "workflow_dispatch" and self._settings.ref != branch:
            message = f"RELAY_REF is {self._settings.ref}, but the workflow that ships does nothing except on {branch}"
            return Finding(Grade.FAIL, "workflow", message)
        listing = await self._get(f"{self._repository}/contents/{_WORKFLOWS}", ref=branch)
        if listing.status_code in (403, 404):
            return await self._workflow_state(branch)
        names = [str(file["name"]) for file in listing.json() if str(file["name"]).endswith((".yml", ".yaml"))]
        candidates = sorted(names, key=lambda name: name != self._settings.workflow)
        for name in candidates if self._settings.dispatch == "repository_dispatch" else candidates[:1]:
            if name in names and await self._listens(name, branch):
                return Finding(Grade.OK, "workflow", f"{_WORKFLOWS}/{name} on {branch} listens")
        return Finding(Grade.FAIL, "workflow", f"nothing in {_WORKFLOWS} on {branch} listens to {self._trigger}")

    async def _workflow_state(self, branch: str) -> Finding:
        """Look for the workflow itself: a token that may not read files may still see workflows."""
        name = self._settings.workflow
        answer = await self._get(f"{self._repository}/actions/workflows/{name}")
        if answer.status_code == 200 and answer.json().get("state") == "active":
            message = f"{name} is there and enabled; what it listens to cannot be read with this credential"
            return Finding(Grade.OK, "workflow", message)
        if answer.status_code == 200:
            return Finding(Grade.FAIL, "workflow", f"{name} is disabled: enable it under Actions")
        message = f"neither {_WORKFLOWS} nor {name} can be seen with this credential: look on {branch} yourself"
        return Finding(Grade.WARN, "workflow", f"{message} for a workflow that listens to {self._trigger}")

    async def _listens(self, name: str, branch: str) -> bool:
        answer = await self._get(f"{self._repository}/contents/{_WORKFLOWS}/{name}", ref=branch)
        if answer.status_code != 200:
            return False
        try:
            workflow = yaml.safe_load(base64.b64decode(answer.json()["content"]))
        except (yaml.YAMLError, ValueError):
            return False
        # `on` is true in YAML 1.1.
        triggers = workflow.get("on", workflow.get(True)) if isinstance(workflow, dict) else None
        return _LISTENS[self._settings.dispatch](triggers)

    @property
    def _trigger(self) -> str:
        mode = self._settings.dispatch
        return f"{mode} of type {TYPE}" if mode == "repository_dispatch" else f"{mode} with the input event"

    async def _get(self, path: str, **query: str) -> httpx.Response:
        return await self._client.get(path, headers=self._headers, params=query)


def _is_object(answer: httpx.Response) -> bool:
    try:
        return isinstance(answer.json(), dict)
    except ValueError:
        return False


def _described(answer: httpx.Response) -> str:
    """Return the status of an answer, with the type of a page that cannot be GitHub's."""
    return (
        str(answer.status_code) if _is_object(answer) else f"{answer.status_code} {answer.headers.get('content-type')}"
    )


def _has_repository_dispatch(triggers: Any) -> bool:
    if not isinstance(triggers, dict):
        return triggers == "repository_dispatch" or (isinstance(triggers, list) and "repository_dispatch" in triggers)
    if "repository_dispatch" not in triggers:
        return False
    types = (triggers["repository_dispatch"] or {}).get("types", [TYPE])
    return TYPE in types if isinstance(types, list) else types == TYPE


def _has_event_input(triggers: Any) -> bool:
    inputs = (triggers.get("workflow_dispatch") or {}).get("inputs") if isinstance(triggers, dict) else None
    return isinstance(inputs, dict) and "event" in inputs


_LISTENS: Mapping[str, Callable[[Any], bool]] = {
    "repository_dispatch": _has_repository_dispatch,
    "workflow_dispatch": _has_event_input,
}


def _permissions(dispatch: Dispatch) -> str:
    return ", ".join(f"{name.capitalize()}: {level}" for name, level in dispatch.permissions.items())
