"""What `python -m relay check` finds out, from a real GitHub's answers over a socket."""

import subprocess
import sys
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path

import httpx
import pytest

from relay import check as check_module
from relay.finding import Finding
from relay.github.client import http_client
from relay.github.credentials import StaticToken
from relay.github.dispatch import RepositoryDispatch
from relay.settings import Settings
from tests.localhub import Hub
from tests.relay.process import REPOSITORY

ROOT = Path(__file__).parents[2]
CALLERS = ROOT / "tests" / "data" / "callers.yaml"
RESPOND = (ROOT / ".github" / "workflows" / "respond.yml").read_bytes()
DEAF = RESPOND.replace(b"types: [falco.rule.output.v1]", b"types: [something.else]").replace(b"event:", b"evnt:")


@pytest.fixture
def hub(tmp_path: Path) -> Iterator[Hub]:
    with Hub.start(tmp_path / "hub", action_source=ROOT) as started:
        yield started


def check(hub: Hub, permissions: Mapping[str, str], *, scopes: str = "", **settings: str) -> tuple[int, list[str]]:
    """Exit code and lines of the command."""
    environ = {
        "PATH": "/usr/bin:/bin",
        "RELAY_REPOSITORY": REPOSITORY,
        "RELAY_GITHUB_API_URL": hub.api_url,
        "RELAY_GITHUB_TOKEN": hub.create_token(REPOSITORY, permissions=permissions, scopes=scopes),
        "RELAY_TOKENS_FILE": str(CALLERS),
        "RELAY_HOST": "0.0.0.0",  # noqa: S104  # what an operator sets; nothing listens
        "RELAY_PORT": "0",
        **{f"RELAY_{name.upper()}": value for name, value in settings.items()},
    }
    command = [sys.executable, "-m", "relay", "check"]
    result = subprocess.run(command, cwd=ROOT, env=environ, capture_output=True, text=True, check=False)
    assert environ["RELAY_GITHUB_TOKEN"] not in result.stdout + result.stderr
    return result.returncode, (result.stdout + result.stderr).splitlines()


def workflows(hub: Hub, **files: bytes) -> None:
    hub.create_repository(REPOSITORY, files={f".github/workflows/{name}.yml": data for name, data in files.items()})


def test_a_relay_that_would_work_is_said_to(hub: Hub) -> None:
    workflows(hub, respond=RESPOND)
    code, lines = check(hub, {"contents": "write"})
    assert code == 0
    assert [line.split()[:2] for line in lines] == [
        ["ok", "topology"],
        ["ok", "reach"],
        ["ok", "address"],
        ["ok", "callers"],
        ["ok", "outbox"],
        ["ok", "clock"],
        ["ok", "repository"],
        ["ok", "permission"],
        ["ok", "workflow"],
    ]
    assert "outside: repository_dispatch to acme/desired-state" in lines[0]
    assert lines[-1].endswith(".github/workflows/respond.yml on main listens")


def test_nothing_is_dispatched(hub: Hub) -> None:
    workflows(hub, respond=RESPOND)
    check(hub, {"contents": "write"})
    check(hub, {"actions": "write", "contents": "write"}, dispatch="workflow_dispatch")
    assert hub.runs == []


def test_the_workflow_may_have_another_name(hub: Hub) -> None:
    workflows(hub, contain=RESPOND, other=b"on: push\n")
    assert check(hub, {"contents": "write"})[0] == 0


def test_a_token_for_workflows_alone_is_what_the_inside_needs(hub: Hub) -> None:
    workflows(hub, respond=RESPOND)
    code, lines = check(hub, {"actions": "write"}, dispatch="workflow_dispatch")
    assert code == 0
    assert "inside: workflow_dispatch" in lines[0]
    assert "respond.yml is there and enabled; what it listens to cannot be read" in lines[-1]


@pytest.mark.parametrize(
    ("permissions", "settings", "line"),
    [
        pytest.param(
            {"actions": "write", "contents": "write"},
            {"dispatch": "workflow_dispatch"},
            "warn  permission  the credential has Contents: write, too: it can push",
            id="more than it needs",
        ),
        pytest.param(
            {"contents": "write"},
            {"scopes": "repo, workflow"},
            "warn  credential  a classic token with the scopes repo, workflow",
            id="a classic token",
        ),
    ],
)
def test_a_credential_that_can_do_too_much_is_a_warning(
    hub: Hub, permissions: dict[str, str], settings: dict[str, str], line: str
) -> None:
    workflows(hub, respond=RESPOND)
    code, lines = check(hub, permissions, **settings)
    assert code == 1
    assert any(name.startswith(line) for name in lines), lines


@pytest.mark.parametrize(
    ("permissions", "settings", "line"),
    [
        pytest.param({"contents": "read"}, {}, "fail  permission  the credential lacks Contents: write", id="read"),
        pytest.param(
            {"contents": "write"},
            {"dispatch": "workflow_dispatch"},
            "fail  permission  the credential lacks Actions: write",
            id="the other permission",
        ),
        pytest.param(
            {"contents": "write"},
            {"repository": "acme/gone"},
            "fail  repository  GitHub answers 404",
            id="404",
        ),
        pytest.param(
            {"contents": "write"},
            {"github_token": "unheard-of"},
            "fail  repository  GitHub answers 401",
            id="401",
        ),
        pytest.param(
            {"contents": "write"},
            {"github_api_url": "http://127.0.0.1:9"},
            "fail  network     http://127.0.0.1:9",
            id="no GitHub",
        ),
        pytest.param(
            {"actions": "write", "contents": "read"},
            {"dispatch": "workflow_dispatch", "ref": "dev"},
            "fail  workflow    RELAY_REF is dev",
            id="not the default branch",
        ),
    ],
)
def test_what_would_not_work_is_said(
    hub: Hub, permissions: dict[str, str], settings: dict[str, str], line: str
) -> None:
    workflows(hub, respond=RESPOND)
    code, lines = check(hub, permissions, **settings)
    assert code == 2
    assert any(name.startswith(line) for name in lines), lines


async def findings_behind(answer: httpx.Response, *, only_posts: bool) -> list[Finding]:
    """Return the findings if something in GitHub's place answers all requests, or all that are a dispatch."""

    def handle(request: httpx.Request) -> httpx.Response:
        if only_posts and request.method == "GET":
            return httpx.Response(200, json={"default_branch": "main"})
        return answer

    settings = Settings(repository=REPOSITORY, github_token="t", allow_anonymous=True)
    async with http_client("https://github.example", transport=httpx.MockTransport(handle)) as client:
        dispatch = RepositoryDispatch(REPOSITORY)
        return await check_module.check(settings, client, credential=StaticToken("t"), dispatch=dispatch)


@pytest.mark.parametrize(
    ("answer", "only_posts", "message"),
    [
        pytest.param(
            httpx.Response(200, html="<html>"), False, "repository  GitHub answers 200 text/html", id="portal"
        ),
        pytest.param(httpx.Response(400, html="<html>"), False, "repository  GitHub answers 400 text/html", id="400"),
        pytest.param(httpx.Response(200, html="<html>"), True, "dispatch    GitHub answers 200 text/html", id="POST"),
        pytest.param(httpx.Response(422, html="<html>"), True, "dispatch    GitHub answers 422 text/html", id="422"),
        pytest.param(
            httpx.Response(400, json={"message": "x"}), True, "dispatch    GitHub answers 400 ", id="400 JSON"
        ),
    ],
)
@pytest.mark.anyio
async def test_what_answers_in_githubs_place_is_said(answer: httpx.Response, message: str, *, only_posts: bool) -> None:
    failures = [str(finding) for finding in await findings_behind(answer, only_posts=only_posts) if finding.grade == 2]
    assert failures[0].startswith(f"fail  {message}")
    assert "captive portal" in failures[0]


@pytest.mark.parametrize(
    ("seconds", "line"),
    [
        pytest.param(0, "ok    clock       agrees with GitHub's", id="equal"),
        pytest.param(29, "ok    clock       agrees with GitHub's", id="nearly"),
        pytest.param(95, "warn  clock       95 s ahead of GitHub's", id="ahead"),
        pytest.param(-700, "warn  clock       700 s behind GitHub's", id="behind"),
    ],
)
@pytest.mark.anyio
async def test_a_clock_that_githubs_does_not_agree_with_is_a_warning(seconds: int, line: str) -> None:
    date = httpx.Response(200, headers={"date": "Wed, 25 Nov 2026 18:00:00 GMT"})
    settings = Settings(repository=REPOSITORY, github_token="t", allow_anonymous=True)
    async with http_client("https://github.example", transport=httpx.MockTransport(lambda _: date)) as client:
        findings = await check_module.check(
            settings,
            client,
            credential=StaticToken("t"),
            dispatch=RepositoryDispatch(REPOSITORY),
            now=lambda: datetime(2026, 11, 25, 18, tzinfo=UTC).timestamp() + seconds,
        )
    (finding,) = [str(finding) for finding in findings if finding.subject == "clock"]
    assert finding.startswith(line)


def test_a_setting_that_is_none_is_a_warning(hub: Hub) -> None:
    workflows(hub, respond=RESPOND)
    code, lines = check(hub, {"contents": "write"}, token_file="x")
    assert code == 1
    hint = "RELAY_TOKENS_FILE, perhaps?"
    assert lines[0] == f"warn  settings    RELAY_TOKEN_FILE is no setting and is ignored: {hint}"


@pytest.mark.parametrize("dispatch", ["repository_dispatch", "workflow_dispatch"])
@pytest.mark.parametrize("data", [DEAF, b"on: push\n", b"{{", b"[]"], ids=["other", "push", "template", "list"])
def test_a_workflow_that_does_not_listen_is_said(hub: Hub, dispatch: str, data: bytes) -> None:
    workflows(hub, respond=data)
    code, lines = check(hub, {"contents": "write", "actions": "write"}, dispatch=dispatch)
    assert code == 2
    assert any(
        line.startswith(f"fail  workflow    nothing in .github/workflows on main listens to {dispatch}")
        for line in lines
    )


def test_a_disabled_workflow_is_said(hub: Hub) -> None:
    repository = hub.create_repository(REPOSITORY, files={".github/workflows/respond.yml": RESPOND})
    repository.disabled.add("respond.yml")
    code, lines = check(hub, {"actions": "write"}, dispatch="workflow_dispatch")
    assert code == 2
    assert "respond.yml is disabled" in lines[-1]


def test_settings_that_are_wrong_end_it_before_anything_is_asked(hub: Hub) -> None:
    code, lines = check(hub, {"contents": "write"}, port="x", github_app_id="1")
    assert code == 2
    assert any("RELAY_PORT" in line for line in lines)
