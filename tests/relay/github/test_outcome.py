"""What GitHub's answers mean. Bodies and headers are as GitHub documents them, or as it has been seen to answer."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from relay.github.outcome import HINTS, Answer, Cause, Delivered, Rejected, Retry, classify

NOW = 1_700_000_000.0
RUN = b'{"workflow_run_id": 1}'


def answer(status: int, message: str = "", **headers: str) -> Answer:
    body = json.dumps({"message": message, "documentation_url": "https://docs.github.com/rest"}).encode()
    return classify(status, {name.replace("_", "-"): value for name, value in headers.items()}, body, now=NOW)


def test_no_content_is_delivered() -> None:
    assert classify(204, {}, b"", now=NOW) == Delivered()


def test_the_address_of_the_run_is_told_on() -> None:
    body = b'{"workflow_run_id": 1, "run_url": "https://api/1", "html_url": "https://github.com/acme/state/actions/runs/1"}'
    run = classify(200, {}, body, now=NOW, answers_with_run=True)
    assert run == Delivered("https://github.com/acme/state/actions/runs/1")


@pytest.mark.parametrize("answers_with_run", [True, False])
@pytest.mark.parametrize(
    ("status", "content_type", "body"),
    [
        pytest.param(200, "text/html", b"<html>Sign in to the network</html>", id="a captive portal"),
        pytest.param(200, "application/json", b"{}", id="another service"),
        pytest.param(200, "application/json", b'{"workflow_run_id": "1"}', id="a run without a number"),
        pytest.param(200, "application/json", b'{"workflow_run_id": true}', id="a flag for a run"),
        pytest.param(200, "application/json", b"[1]", id="a list"),
        pytest.param(200, "", b"", id="nothing"),
        pytest.param(201, "application/json", b'{"workflow_run_id": 1}', id="created"),
        pytest.param(202, "application/json", b'{"workflow_run_id": 1}', id="accepted"),
        pytest.param(206, "text/html", b"part", id="a part"),
        pytest.param(302, "text/html", b"", id="a redirect to a login"),
    ],
)
def test_a_success_that_is_not_githubs_is_not_delivered(
    status: int, content_type: str, body: bytes, *, answers_with_run: bool
) -> None:
    headers = {"content-type": content_type} if content_type else {}
    outcome = classify(status, headers, body, now=NOW, answers_with_run=answers_with_run)
    assert outcome == Retry(Cause.UNEXPECTED, f"{status} {content_type}".rstrip())
    assert all(
        word in HINTS[Cause.UNEXPECTED] for word in ("proxy", "captive portal", "RELAY_GITHUB_API_URL", "/api/v3")
    )


def test_a_run_is_no_answer_to_a_dispatch_that_starts_none_by_itself() -> None:
    assert isinstance(classify(200, {}, b'{"workflow_run_id": 1}', now=NOW), Retry)


@pytest.mark.parametrize(
    ("status", "message", "cause"),
    [
        (401, "Bad credentials", Cause.CREDENTIAL),
        (403, "Resource not accessible by personal access token", Cause.PERMISSION),
        (403, "Resource not accessible by integration", Cause.PERMISSION),
        (403, "Although you appear to have the correct authorization credentials, …IP allow list", Cause.PERMISSION),
        (404, "Not Found", Cause.NOT_FOUND),
        (422, "No ref found for: main", Cause.WORKFLOW),
        (422, "Workflow does not have 'workflow_dispatch' trigger", Cause.WORKFLOW),
        (422, "Cannot trigger a 'workflow_dispatch' on a disabled workflow", Cause.WORKFLOW),
        (422, 'Unexpected inputs provided: ["event"]', Cause.WORKFLOW),
        (422, "Required input 'other' not provided", Cause.WORKFLOW),
        (301, "Moved Permanently", Cause.UNEXPECTED),
        (307, "Temporary Redirect", Cause.UNEXPECTED),
        (418, "", Cause.UNEXPECTED),
    ],
)
def test_what_the_operator_must_mend_loses_nothing_and_has_a_hint(status: int, message: str, cause: Cause) -> None:
    assert answer(status, message) == Retry(cause, f"{status} {message}".rstrip())
    assert HINTS[cause]


@pytest.mark.parametrize(
    ("status", "message"),
    [
        (422, "Invalid request.\n\nNo more than 10 properties are allowed; 11 were supplied."),
        (422, "Invalid request. client_payload is too large."),
        (422, "inputs are too large."),
        (400, "Problems parsing JSON"),
        (413, "Payload too large"),
    ],
)
def test_a_body_that_github_will_never_take_is_rejected_with_its_reason(status: int, message: str) -> None:
    assert answer(status, message) == Rejected(f"{status} {message}")


@pytest.mark.parametrize("status", [500, 502, 503, 504, 408])
def test_trouble_at_github_is_waited_out(status: int) -> None:
    assert answer(status) == Retry(Cause.SERVER, f"{status}")


@pytest.mark.parametrize(
    ("status", "headers", "message", "delay"),
    [
        pytest.param(403, {"retry_after": "7"}, "You have exceeded a secondary rate limit", 7.0, id="secondary"),
        pytest.param(429, {"retry_after": "7"}, "", 7.0, id="429"),
        pytest.param(403, {}, "You have exceeded a secondary rate limit", None, id="secondary without a time"),
        pytest.param(403, {}, "You have triggered an abuse detection mechanism", None, id="its older words"),
        pytest.param(429, {}, "", None, id="429 without a time"),
        pytest.param(
            403,
            {"x_ratelimit_remaining": "0", "x_ratelimit_reset": "1700000042"},
            "API rate limit exceeded",
            42.0,
            id="primary",
        ),
        pytest.param(
            403,
            {"x_ratelimit_remaining": "0", "x_ratelimit_reset": "1699999999"},
            "",
            1.0,
            id="a reset that has passed",
        ),
        pytest.param(
            429,
            {"x_ratelimit_remaining": "0", "x_ratelimit_reset": "9999999999"},
            "",
            3600.0,
            id="a clock that is wrong",
        ),
        pytest.param(
            429, {"x_ratelimit_remaining": "5", "x_ratelimit_reset": "1700000042"}, "", None, id="some remain"
        ),
        pytest.param(429, {"retry_after": "Tue, 14 Nov 2023 22:13:50 GMT"}, "", 30.0, id="a date"),
        pytest.param(429, {"retry_after": "Tue, 14 Nov 2023 22:13:10 GMT"}, "", 0.0, id="a date that has passed"),
        pytest.param(429, {"retry_after": "99999999999"}, "", 3600.0, id="for ever"),
        pytest.param(429, {"retry_after": "soon"}, "", None, id="no time at all"),
        pytest.param(429, {"retry_after": "²"}, "", None, id="digits of another kind"),
    ],
)
def test_limits_are_honoured(status: int, headers: dict[str, str], message: str, delay: float | None) -> None:
    outcome = answer(status, message, **headers)
    assert isinstance(outcome, Retry)
    assert (outcome.cause, outcome.delay) == (Cause.RATE_LIMIT, delay)


def test_a_server_that_names_a_time_is_given_it() -> None:
    assert answer(503, retry_after="120") == Retry(Cause.SERVER, "503", 120.0)


@given(
    status=st.integers(100, 599),
    headers=st.dictionaries(st.sampled_from(["retry-after", "x-ratelimit-remaining", "x-ratelimit-reset"]), st.text()),
    body=st.binary() | st.sampled_from([b"[" * 100_000, b'{"message": 5}', RUN]),
    answers_with_run=st.booleans(),
)
def test_every_answer_has_a_meaning(
    status: int, headers: dict[str, str], body: bytes, *, answers_with_run: bool
) -> None:
    answer = classify(status, headers, body, now=NOW, answers_with_run=answers_with_run)
    has_run = status == 200 and body == RUN and answers_with_run
    assert isinstance(answer, Delivered) == (status == 204 or has_run)
    if isinstance(answer, Retry) and answer.delay is not None:
        assert 0 <= answer.delay <= 3600
