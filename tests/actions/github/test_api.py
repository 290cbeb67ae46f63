"""How the action takes GitHub's answers, from a server that answers what it is told to."""

import json
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

import pytest

from responder.errors import ApiRefused
from responder.github.api import Api
from tests.actions.http_server import Answer, HttpServer

OK: tuple[int, dict[str, str], Any] = (200, {}, [{"number": 1}])


class Server(HTTPServer):
    """Answers one request after the other, and remembers them; None hangs up."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.answers: list[tuple[int, dict[str, str], Any] | None] = []
        self.requests: list[tuple[str, str, dict[str, str], bytes]] = []


class Handler(BaseHTTPRequestHandler):
    server: Server

    def _answer(self) -> None:
        body = self.rfile.read(int(self.headers.get("content-length", 0)))
        self.server.requests.append((self.command, self.path, dict(self.headers.items()), body))
        answer = self.server.answers.pop(0)
        if answer is None:
            return
        status, headers, content = answer
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(content if isinstance(content, bytes) else json.dumps(content).encode())

    do_GET = do_POST = do_PATCH = _answer  # noqa: N815 - the names that the base class calls

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base class's name
        pass


@pytest.fixture
def server() -> Iterator[Server]:
    with Server() as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield server
        server.shutdown()
        thread.join()


@pytest.fixture
def pauses() -> list[float]:
    return []


@pytest.fixture
def api(server: Server, pauses: list[float]) -> Api:
    url = f"http://127.0.0.1:{server.server_port}/api/v3"
    return Api(url=url, graphql_url=f"{url}/../graphql", repository="a/b", token="s3cret", sleep=pauses.append)


def test_a_request_names_repository_token_and_version(server: Server, api: Api) -> None:
    server.answers = [OK]
    assert api.get("pulls", head="a:falco/x y", state="all") == [{"number": 1}]
    ((method, path, headers, _),) = server.requests
    assert (method, path) == ("GET", "/api/v3/repos/a/b/pulls?head=a%3Afalco%2Fx+y&state=all")
    assert headers["Authorization"] == "Bearer s3cret"
    assert headers["X-GitHub-Api-Version"] == "2022-11-28"
    assert "s3cret" not in repr(api)


@pytest.mark.parametrize(
    ("answers", "expected"),
    [
        pytest.param([(502, {}, b"<html>"), OK], [1.0], id="bad gateway"),
        pytest.param([None, (503, {}, {}), OK], [1.0, 3.0], id="no answer, then unavailable"),
        pytest.param([(429, {"Retry-After": "7"}, {}), OK], [7.0], id="secondary rate limit"),
        pytest.param([(403, {"retry-after": "2"}, {"message": "secondary"}), OK], [2.0], id="the same as 403"),
    ],
)
def test_trouble_that_passes_is_waited_for(
    server: Server, api: Api, pauses: list[float], answers: list[Any], expected: list[float]
) -> None:
    server.answers = answers
    assert api.post("pulls", {"title": "x"}) == [{"number": 1}]
    assert pauses == expected
    assert {body for *_, body in server.requests} == {b'{"title": "x"}'}


def test_the_end_of_a_rate_limit_is_waited_for_where_it_is_near(server: Server, api: Api, pauses: list[float]) -> None:
    near = {"x-ratelimit-remaining": "0", "x-ratelimit-reset": str(int(time.time()) + 30)}
    server.answers = [(403, near, {}), OK]
    api.get("pulls")
    assert 1 <= pauses[0] <= 30


@pytest.mark.parametrize(
    ("answer", "message"),
    [
        pytest.param((403, {}, {"message": "Resource not accessible by integration"}), "not accessible", id="403"),
        pytest.param((429, {"retry-after": "3600"}, {"message": "wait"}), "wait", id="an hour is too long"),
        pytest.param((422, {}, {"message": "No", "errors": [{"message": "it is there"}]}), "No; it is there", id="422"),
        pytest.param((422, {}, {"message": "No", "errors": [{"field": "head"}]}), "No; head", id="a field"),
        pytest.param((301, {"location": "http://elsewhere.example/"}, {}), "no message", id="a redirect"),
        pytest.param((404, {}, b"not JSON"), "no message", id="not JSON"),
        pytest.param((400, {}, ["a list"]), "no message", id="not an object"),
        pytest.param((400, {}, {"message": "::error::x\n\x1b[31m"}), r"::error::x\n\x1b[31m", id="hostile"),
    ],
)
def test_an_answer_for_good_is_an_error_at_once(server: Server, api: Api, answer: Any, message: str) -> None:
    server.answers = [answer]
    with pytest.raises(ApiRefused) as refused:
        api.post("pulls", {})
    assert message in refused.value.message
    assert refused.value.status == answer[0]
    assert "\n" not in str(refused.value)


def test_trouble_that_stays_is_an_error_in_the_end(server: Server, api: Api, pauses: list[float]) -> None:
    server.answers = [None] * 4
    with pytest.raises(ApiRefused, match="no answer") as refused:
        api.get("pulls")
    assert (refused.value.status, pauses) == (None, [1.0, 3.0, 9.0])


def test_an_error_of_graphql_comes_with_status_200_and_has_its_type(server: Server, api: Api) -> None:
    server.answers = [
        (200, {}, {"data": {"x": None}, "errors": [{"type": "STALE_DATA", "message": "Expected branch to point"}]}),
        (200, {}, {"data": {"x": {"oid": "1"}}}),
    ]
    with pytest.raises(ApiRefused, match="Expected branch") as refused:
        api.mutate("mutation", {})
    assert refused.value.kind == "STALE_DATA"
    assert api.mutate("mutation", {}) == {"x": {"oid": "1"}}


def test_an_api_that_drips_does_not_hold_the_run(pauses: list[float]) -> None:
    with HttpServer.start(Answer(drip=True)) as slow:
        url = f"http://127.0.0.1:{slow.port}"
        api = Api(url=url, graphql_url=url, repository="a/b", token="t", time_limit=0.2, sleep=pauses.append)
        with pytest.raises(ApiRefused, match=r"no whole answer within 0\.2 seconds"):
            api.get("pulls")
    assert pauses == [1.0, 3.0, 9.0]


def test_a_call_has_less_than_half_a_minute_so_that_four_fit_into_a_job() -> None:
    assert 5 <= Api.time_limit <= 30
