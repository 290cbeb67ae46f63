"""Whether a person approved a run, from the answers of GitHub's API."""

import json
from typing import Any

import pytest

from responder.github.api import Api
from responder.github.approval import missing_approval
from tests.actions.http_server import Answer, HttpServer

REVIEW = {"state": "approved", "environments": [{"name": "restore"}], "user": {"login": "alice"}}
REQUIRED = {"protection_rules": [{"type": "required_reviewers"}]}
WAITING = {"protection_rules": [{"type": "wait_timer"}]}


def missing(*contents: tuple[int, Any], run_id: str = "7", environment: str = "restore") -> tuple[str, list[str]]:
    """Return what is missing, and the paths that were asked for."""
    answers = [Answer(status=status, body=json.dumps(content).encode()) for status, content in contents]
    with HttpServer.start(*answers) as server:
        url = f"http://127.0.0.1:{server.port}"
        api = Api(url=url, graphql_url="", repository="acme/desired-state", token="t", sleep=lambda _: None)
        reason = missing_approval(api, run_id, environment)
        return reason, [request.target for request in server.requests]


def test_an_approved_run_misses_nothing() -> None:
    reason, targets = missing((200, [REVIEW]))
    assert reason == ""
    assert targets == ["/repos/acme/desired-state/actions/runs/7/approvals"]


def test_an_approval_of_the_environment_counts_whatever_the_case_of_its_name() -> None:
    assert missing((200, [{**REVIEW, "environments": [{"name": "Restore"}]}]))[0] == ""


@pytest.mark.parametrize(
    "reviews",
    [
        pytest.param([], id="no review"),
        pytest.param([{**REVIEW, "state": "rejected"}], id="a rejection"),
        pytest.param([{**REVIEW, "environments": [{"name": "other"}]}], id="of another environment"),
        pytest.param([{**REVIEW, "environments": None}], id="of no environment"),
        pytest.param([None], id="no object"),
        pytest.param(None, id="no list"),
    ],
)
def test_what_is_no_approval_of_the_environment_does_not_count(reviews: Any) -> None:
    reason, targets = missing((200, reviews), (200, REQUIRED))
    assert "nobody approved this run: write `environment: restore` below `runs-on`" in reason
    assert targets[-1] == "/repos/acme/desired-state/environments/restore"


@pytest.mark.parametrize("answer", [(200, WAITING), (200, {}), (200, None), (404, {"message": "Not Found"})])
def test_an_environment_without_reviewers_is_told_with_the_clicks(answer: tuple[int, Any]) -> None:
    reason, _ = missing((200, []), answer)
    assert "no required reviewers" in reason
    assert "open Settings, Environments, restore, tick Required reviewers" in reason


@pytest.mark.parametrize("answers", [[(403, {"message": "No"})], [(200, []), (403, {"message": "No"})]])
def test_what_could_not_be_checked_is_told_with_the_permission(answers: list[tuple[int, Any]]) -> None:
    reason, _ = missing(*answers)
    assert "could not be checked" in reason
    assert "actions: read" in reason


def test_a_run_without_an_id_is_not_approved() -> None:
    reason, targets = missing((200, REQUIRED), run_id="")
    assert "nobody approved this run" in reason
    assert len(targets) == 1


def test_the_name_of_an_environment_is_one_part_of_a_path() -> None:
    _, targets = missing((200, []), (200, REQUIRED), environment="prod/../restore ?")
    assert targets[-1] == "/repos/acme/desired-state/environments/prod%2F..%2Frestore%20%3F"
