"""Calls over real sockets: limits of time and size, proxies, redirects, and what must not leak."""

import base64
import socket
import ssl
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from responder.errors import NoAnswer
from responder.http_client import HttpAnswer, HttpClient
from tests.actions.http_server import Answer, HttpServer

OK = Answer(body=b"fine", headers=(("X-Name", "value"),))


def request(
    url: str, *, client: HttpClient | None = None, time_limit: float = 10, body_limit: int = 1000
) -> HttpAnswer:
    headers = {"X-Token": "t0ken"}
    http = client or HttpClient()
    return http.request("POST", url, headers=headers, body=b"sent", time_limit=time_limit, body_limit=body_limit)


def test_the_answer_is_what_the_server_sent() -> None:
    with HttpServer.start(OK) as server:
        answer = request(server.url)
    assert (answer.status, answer.body, answer.headers["x-name"]) == (200, b"fine", "value")
    (sent,) = server.requests
    assert (sent.method, sent.target, sent.body) == ("POST", "/a/path?b=c", b"sent")
    assert sent.headers["x-token"] == "t0ken"
    assert "authorization" not in sent.headers


def test_an_address_without_a_path_means_the_root() -> None:
    with HttpServer.start(OK) as server:
        request(f"http://127.0.0.1:{server.port}")
    assert server.requests[0].target == "/"


@pytest.mark.parametrize("status", [301, 302, 307, 308])
def test_a_redirect_is_an_answer_and_not_followed(status: int) -> None:
    with HttpServer.start(OK) as other:
        redirect = Answer(status=status, headers=(("Location", other.url),))
        with HttpServer.start(redirect) as server:
            assert request(server.url).status == status
    assert other.requests == []


@pytest.mark.parametrize(
    "answer",
    [
        pytest.param(Answer(drip=True, raw=b""), id="spaces for ever"),
        pytest.param(Answer(drip=True, headers=(("X-Long", "x" * 500),)), id="a head"),
        pytest.param(Answer(drip=True, raw=b"HTTP/1.1 200 OK\r\n\r\n"), id="a body without an end"),
        pytest.param(
            Answer(drip=True, raw=b"HTTP/1.1 200 OK\r\nContent-Length: 400\r\n\r\n"), id="a body of known length"
        ),
        pytest.param(
            Answer(drip=True, raw=b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n190\r\n"), id="a chunk"
        ),
    ],
)
def test_a_server_that_drips_does_not_hold_a_call_beyond_its_limit(answer: Answer) -> None:
    with HttpServer.start(answer) as server:
        started = time.monotonic()
        with pytest.raises(NoAnswer, match=r"no whole answer within 0\.5 seconds"):
            request(server.url, time_limit=0.5)
        assert 0.5 <= time.monotonic() - started < 5


def test_a_server_that_says_nothing_does_not_hold_a_call_beyond_its_limit() -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"http://127.0.0.1:{silent.getsockname()[1]}/"
        with pytest.raises(NoAnswer, match=r"no answer|within"):
            request(url, time_limit=0.5)


def test_a_tls_handshake_that_drips_does_not_hold_a_call_beyond_its_limit() -> None:
    half_a_record = Answer(at_once=True, drip=True, raw=b"\x16\x03\x03\x40\x00")
    with HttpServer.start(half_a_record) as server, pytest.raises(NoAnswer, match=r"within 0\.5 seconds"):
        request(server.url.replace("http://", "https://"), time_limit=0.5)


def test_the_thread_of_a_call_that_took_too_long_ends() -> None:
    with HttpServer.start(Answer(drip=True)) as server:
        threads = set(threading.enumerate())
        with pytest.raises(NoAnswer):
            request(server.url, time_limit=0.2)
        deadline = time.monotonic() + 10
        while set(threading.enumerate()) - threads and time.monotonic() < deadline:
            time.sleep(0.01)
        assert set(threading.enumerate()) <= threads


def test_a_call_whose_time_is_over_sends_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    resolve = socket.getaddrinfo

    def resolve_slowly(*arguments: Any) -> Any:
        time.sleep(0.5)
        return resolve(*arguments)

    with HttpServer.start(OK) as server:
        monkeypatch.setattr(socket, "getaddrinfo", resolve_slowly)
        threads = set(threading.enumerate())
        with pytest.raises(NoAnswer, match=r"within 0\.1 seconds"):
            request(server.url, time_limit=0.1)
        for thread in set(threading.enumerate()) - threads:
            thread.join(10)
    assert server.requests == []


def test_a_name_that_does_not_resolve_is_no_answer() -> None:
    with pytest.raises(NoAnswer, match="gaierror"):
        request("http://no-such-host.invalid/")


@pytest.mark.parametrize(
    ("answer", "problem"),
    [
        pytest.param(Answer(raw=b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nfour"), "truncated", id="a length"),
        pytest.param(
            Answer(raw=b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nfour"),
            "IncompleteRead",
            id="a chunk",
        ),
        pytest.param(Answer(raw=b"HTTP/1.1 200 OK\r\nContent-Le"), "truncated", id="a head"),
        pytest.param(Answer(raw=b"HTTP/1.1 200 OK\r\n"), "truncated", id="a head after its first line"),
        pytest.param(Answer(raw=b"SSH-2.0-OpenSSH_9.2\r\n"), "BadStatusLine", id="another protocol"),
        pytest.param(Answer(raw=b"HTTP/1.1 200 OK\r\nX: " + b"x" * 70_000), "LineTooLong", id="an endless header"),
    ],
)
def test_an_answer_that_is_not_whole_is_none(answer: Answer, problem: str) -> None:
    with HttpServer.start(answer) as server, pytest.raises(NoAnswer, match=problem):
        request(server.url)


@pytest.mark.parametrize(
    "head",
    [
        pytest.param(b"HTTP/1.0 200 OK\r\n\r\n", id="HTTP/1.0"),
        pytest.param(b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n", id="a connection that closes"),
    ],
)
def test_an_answer_may_end_with_its_connection_where_that_is_how_it_ends(head: bytes) -> None:
    with HttpServer.start(Answer(raw=head + b"fine")) as server:
        assert request(server.url).body == b"fine"


def test_a_body_up_to_its_limit_is_taken() -> None:
    with HttpServer.start(Answer(body=b"x" * 1000)) as server:
        assert len(request(server.url, body_limit=1000).body) == 1000


@pytest.mark.parametrize(
    "answer",
    [
        pytest.param(Answer(body=b"x" * 1001), id="with a length"),
        pytest.param(Answer(raw=b"HTTP/1.1 200 OK\r\n\r\n" + b"x" * 1001), id="without a length"),
        pytest.param(
            Answer(
                raw=b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3e9\r\n" + b"x" * 1001 + b"\r\n0\r\n\r\n"
            ),
            id="in chunks",
        ),
    ],
)
def test_a_body_over_its_limit_is_no_answer(answer: Answer) -> None:
    with HttpServer.start(answer) as server, pytest.raises(NoAnswer, match="more than 1,000 bytes"):
        request(server.url, body_limit=1000)


@pytest.mark.parametrize(
    "url",
    [
        pytest.param("ftp://s3cret.example/", id="another scheme"),
        pytest.param("http://127.0.0.1:s3cret/", id="no port"),
        pytest.param("http://127.0.0.1:9/s3cret path", id="a space"),
        pytest.param("http://127.0.0.1:9/s3cret\r\nX: y", id="a line end"),
        pytest.param("http://127.0.0.1:9/s3crét", id="not ASCII"),
        pytest.param("http://u:s3cret@127.0.0.1:9/", id="credentials"),
    ],
)
def test_an_address_is_never_in_the_error(url: str) -> None:
    with pytest.raises(NoAnswer) as error:
        request(url)
    assert "s3cret" not in str(error.value)


def test_credentials_in_the_address_become_basic_authorization() -> None:
    with HttpServer.start(OK) as server:
        request(server.url.replace("http://", "http://us%40er:p%2Fss@"))
    (sent,) = server.requests
    assert sent.headers["authorization"] == f"Basic {base64.b64encode(b'us@er:p/ss').decode()}"
    assert sent.headers["host"] == f"127.0.0.1:{server.port}"


def test_what_speaks_http_is_imported_by_the_first_call_only() -> None:
    imported = "import sys, responder.commands.respond; print([m for m in ('http.client', 'ssl') if m in sys.modules])"
    actions = Path(__file__).parents[2] / "actions"
    command = [sys.executable, "-c", imported]
    environ = {"PYTHONPATH": str(actions)}
    assert subprocess.run(command, env=environ, capture_output=True, text=True, check=True).stdout == "[]\n"


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A certificate for localhost that signs itself, with its key."""
    path = tmp_path_factory.mktemp("tls") / "localhost.pem"
    command = ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"]
    names = ["-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost", "-days", "2"]
    subprocess.run(
        [*command, *names, "-keyout", path, "-out", path.with_suffix(".crt")], check=True, capture_output=True
    )
    path.write_bytes(path.read_bytes() + path.with_suffix(".crt").read_bytes())
    return path


@pytest.fixture
def tls(certificate: Path) -> Iterator[HttpServer]:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    with HttpServer.start(OK, tls=context) as server:
        yield server


def test_a_call_for_https_is_answered(tls: HttpServer, certificate: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    assert request(tls.url).body == b"fine"


def test_a_server_that_nobody_vouches_for_gets_nothing(tls: HttpServer) -> None:
    with pytest.raises(NoAnswer, match="SSLCertVerificationError"):
        request(tls.url)
    assert tls.requests == []
