"""What the environment of a step says of the run."""

import json
from pathlib import Path

import pytest

from responder.errors import BadInput
from responder.github.run_environment import RunEnvironment


def environment(**environ: str) -> RunEnvironment:
    return RunEnvironment.from_environ(environ)


@pytest.mark.parametrize("ref", ["refs/tags/v1", "refs/pull/7/merge", ""])
def test_only_a_branch_can_be_committed_to(ref: str) -> None:
    with pytest.raises(BadInput, match="not on a branch"):
        _ = environment(GITHUB_REF=ref).branch


def test_a_branch_name_may_have_slashes() -> None:
    assert environment(GITHUB_REF="refs/heads/env/prod").branch == "env/prod"


def test_a_pull_request_is_about_its_base() -> None:
    pull_request = environment(GITHUB_REF="refs/pull/7/merge", GITHUB_BASE_REF="main")
    assert pull_request.target_branch == "main"


def test_a_tag_is_about_no_branch() -> None:
    assert environment(GITHUB_REF="refs/tags/v1").target_branch == ""


def test_the_event_is_the_file_that_the_runner_names(tmp_path: Path) -> None:
    file = tmp_path / "event.json"
    file.write_text(json.dumps({"client_payload": {"events": [1]}}))
    assert environment(GITHUB_EVENT_PATH=str(file)).read_event() == {"client_payload": {"events": [1]}}


@pytest.mark.parametrize("text", ["", "[]", "null"])
def test_an_event_file_without_an_object_is_an_empty_event(tmp_path: Path, text: str) -> None:
    file = tmp_path / "event.json"
    file.write_text(text)
    assert environment(GITHUB_EVENT_PATH=str(file)).read_event() == {}


def test_a_run_without_an_event_has_an_empty_one() -> None:
    assert environment().read_event() == {}


@pytest.mark.parametrize(
    ("environ", "url"),
    [
        pytest.param({"GITHUB_REPOSITORY": "a/b"}, None, id="no server"),
        pytest.param({"GITHUB_SERVER_URL": "https://github.com"}, None, id="no repository"),
        pytest.param(
            {"GITHUB_REPOSITORY": "a/b", "GITHUB_SERVER_URL": "https://github.com"}, "https://github.com/a/b", id="both"
        ),
    ],
)
def test_the_page_of_the_repository_is_known_only_where_the_runner_says_all_of_it(
    environ: dict[str, str], url: str | None
) -> None:
    assert environment(**environ).repository_url == url


def test_the_apis_are_those_of_the_server_that_runs_the_job() -> None:
    api = environment(
        GITHUB_API_URL="https://ghe.example/api/v3",
        GITHUB_GRAPHQL_URL="https://ghe.example/api/graphql",
        GITHUB_REPOSITORY="a/b",
        INPUT_TOKEN="s3cret",
    ).api
    assert (api.url, api.graphql_url) == ("https://ghe.example/api/v3", "https://ghe.example/api/graphql")
    assert (api.repository, api.token) == ("a/b", "s3cret")


def test_the_apis_are_those_of_github_where_the_runner_names_none() -> None:
    api = environment().api
    assert (api.url, api.graphql_url) == ("https://api.github.com", "https://api.github.com/graphql")


def test_programs_that_the_action_starts_get_none_of_its_secrets() -> None:
    step = environment(
        PATH="/bin", INPUT_TOKEN="a", INPUT_RECEIVER_TOKEN="b", ACTIONS_ID_TOKEN_REQUEST_TOKEN="c", http_proxy="p"
    )
    assert step.process_environ == {"PATH": "/bin", "http_proxy": "p"}


def test_secrets_are_not_in_the_repr() -> None:
    secrets = {
        "INPUT_TOKEN": "s3cret",
        "ACTIONS_ID_TOKEN_REQUEST_TOKEN": "s3cret",
        "ACTIONS_ID_TOKEN_REQUEST_URL": "https://s3cret.example",
        "https_proxy": "http://user:s3cret@proxy.example",
    }
    assert "s3cret" not in repr(environment(**secrets))


def test_calls_go_through_the_proxy_that_the_environment_names() -> None:
    run = environment(https_proxy="http://proxy.example:3128")
    assert run.api.http.https_proxy == run.identity.http.https_proxy == "http://proxy.example:3128"
