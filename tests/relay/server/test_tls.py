"""HTTPS and mutual TLS, with a relay as its users start it and certificates made here."""

import json
import socket
import ssl
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

import httpx
import pytest

from tests import sidekick
from tests.relay.certificates import Authority, Pair
from tests.relay.process import ROOT, TOKEN, Process, environment, started
from tests.relay.rig import E02, until
from tests.relay.volume import Volume

NOWHERE = "http://127.0.0.1:9"  # nothing listens there: what is accepted waits


@pytest.fixture(scope="module")
def authority() -> Authority:
    return Authority("authority")


@pytest.fixture
def volume(tmp_path: Path) -> Volume:
    return Volume(tmp_path / "tls")


def client(authority: Authority, pair: Pair | None = None, *, folder: Path | None = None) -> ssl.SSLContext:
    """What trusts the authority, and shows the certificate of the pair."""
    context = ssl.create_default_context(cadata=authority.certificate.decode())
    if pair and folder:
        for name, content in (("client.crt", pair.certificate), ("client.key", pair.key)):
            (folder / name).write_bytes(content)
        context.load_cert_chain(folder / "client.crt", folder / "client.key")
    return context


@contextmanager
def relay(volume: Volume, tls: ssl.SSLContext) -> Iterator[Process]:
    """A relay that serves HTTPS with what is in the volume."""
    settings = {f"RELAY_TLS_{name}_FILE": str(path) for name, path in files(volume).items() if path.exists()}
    environ = environment(volume.path.parent, api_url=NOWHERE, token="t", settings=settings)
    with started(volume.path.parent, environ, tls=tls) as process:
        yield process


def files(volume: Volume) -> dict[str, Path]:
    return {"CERT": volume.path / "tls.crt", "KEY": volume.path / "tls.key", "CLIENT_CA": volume.path / "ca.crt"}


def post(process: Process, tls: ssl.SSLContext, *, token: str = TOKEN) -> int:
    """The status of the answer to an event, on a connection of its own."""
    headers = {"Content-Type": "application/json", "Authorization": f"Bearer {token}"}
    return httpx.post(process.url, content=sidekick.body(E02), headers=headers, verify=tls).status_code


@contextmanager
def connected(
    process: Process, tls: ssl.SSLContext, *, session: ssl.SSLSession | None = None
) -> Iterator[ssl.SSLSocket]:
    """A connection to the relay."""
    url = urlsplit(process.url)
    with (
        socket.create_connection((url.hostname, url.port or 0), timeout=10) as plain,
        tls.wrap_socket(plain, server_hostname=url.hostname, session=session) as connection,
    ):
        yield connection


def served_certificate(process: Process, tls: ssl.SSLContext) -> bytes:
    """The certificate that the relay shows to a new connection, in PEM."""
    with connected(process, tls) as connection:
        return ssl.DER_cert_to_PEM_cert(connection.getpeercert(binary_form=True) or b"").encode()


def logged(process: Process, event: str) -> list[dict[str, str]]:
    return [line for line in map(json.loads, process.log.read_text().splitlines()) if line["event"] == event]


def reload_successful(process: Process, tls: ssl.SSLContext) -> bool:
    metrics = httpx.get(f"{process.url}/metrics", verify=tls).text
    return 'relay_config_last_reload_successful{file="tls"} 1.0' in metrics.splitlines()


def test_events_come_in_over_https_and_not_without_it(authority: Authority, volume: Volume) -> None:
    pair = authority.issue("relay")
    volume.put(tls_crt=pair.certificate, tls_key=pair.key)
    tls = client(authority)
    with relay(volume, tls) as process:
        assert process.url.startswith("https://")
        assert post(process, tls) == 202
        with pytest.raises(httpx.TransportError):
            httpx.get(process.url.replace("https", "http"))
        with pytest.raises(httpx.ConnectError, match="CERTIFICATE_VERIFY_FAILED"):
            post(process, client(Authority("another")))


def test_with_mutual_tls_a_caller_needs_a_certificate_and_a_token(
    authority: Authority, volume: Volume, tmp_path: Path
) -> None:
    pair, other = authority.issue("relay"), Authority("another")
    volume.put(tls_crt=pair.certificate, tls_key=pair.key, ca_crt=authority.certificate)
    trusting = client(authority, authority.issue("prod"), folder=tmp_path)
    with relay(volume, trusting) as process:
        assert post(process, trusting) == 202
        assert post(process, trusting, token="wrong-wrong-wrong-wrong") == 401
        for stranger in (client(authority), client(authority, other.issue("prod"), folder=tmp_path)):
            with pytest.raises(httpx.TransportError):
                post(process, stranger)


def test_a_renewed_certificate_is_shown_to_new_connections_and_a_broken_one_is_not(
    authority: Authority, volume: Volume
) -> None:
    first, second, third = (authority.issue(name) for name in ("first", "second", "third"))
    volume.put(tls_crt=first.certificate, tls_key=first.key)
    tls = client(authority)
    with relay(volume, tls) as process, httpx.Client(verify=tls) as open_before:
        assert served_certificate(process, tls) == first.certificate
        open_before.get(f"{process.url}/healthz")
        volume.put(tls_crt=second.certificate, tls_key=second.key)
        until(lambda: served_certificate(process, tls) == second.certificate)
        volume.put(tls_crt=third.certificate, tls_key=second.key)
        until(lambda: not reload_successful(process, tls))
        assert served_certificate(process, tls) == second.certificate
        assert open_before.get(f"{process.url}/healthz").status_code == 200
        [message] = logged(process, "not taken, the former stays in force")
        assert message["file"] == "tls"
        assert "RELAY_TLS_CERT_FILE and RELAY_TLS_KEY_FILE" in message["detail"]
        volume.put(tls_crt=third.certificate, tls_key=third.key)
        until(lambda: reload_successful(process, tls))
        assert served_certificate(process, tls) == third.certificate
        assert len(logged(process, "read again")) == 2


def test_callers_of_an_authority_that_was_taken_out_are_not_let_in_again(
    authority: Authority, volume: Volume, tmp_path: Path
) -> None:
    pair, new = authority.issue("relay"), Authority("new")
    volume.put(tls_crt=pair.certificate, tls_key=pair.key, ca_crt=authority.certificate)
    former = client(authority, authority.issue("prod"), folder=tmp_path)
    renewed = client(authority, new.issue("prod"), folder=tmp_path)
    with relay(volume, former) as process:
        volume.put(tls_crt=pair.certificate, tls_key=pair.key, ca_crt=new.certificate)
        until(lambda: logged(process, "read again"))
        assert post(process, renewed) == 202
        with pytest.raises(httpx.TransportError):
            post(process, former)


def test_a_session_is_not_resumed_which_would_spare_the_caller_its_certificate(
    authority: Authority, volume: Volume, tmp_path: Path
) -> None:
    pair = authority.issue("relay")
    volume.put(tls_crt=pair.certificate, tls_key=pair.key, ca_crt=authority.certificate)
    tls = client(authority, authority.issue("prod"), folder=tmp_path)
    with relay(volume, tls) as process:
        session = None
        for _ in range(2):
            with connected(process, tls, session=session) as connection:
                connection.sendall(b"GET /healthz HTTP/1.1\r\nhost: relay\r\n\r\n")
                assert connection.recv(64).startswith(b"HTTP/1.1 200")
                assert not connection.session_reused
                session = connection.session
        tls.maximum_version = ssl.TLSVersion.TLSv1_2
        with pytest.raises(ssl.SSLError), connected(process, tls):
            pass


def test_those_who_never_finish_a_handshake_hold_up_nobody(authority: Authority, volume: Volume) -> None:
    pair = authority.issue("relay")
    volume.put(tls_crt=pair.certificate, tls_key=pair.key)
    tls = client(authority)
    with relay(volume, tls) as process:
        url = urlsplit(process.url)
        slow = [socket.create_connection((url.hostname, url.port or 0)) for _ in range(400)]
        try:
            for sock in slow:
                sock.sendall(b"\x16\x03\x01\x02\x00\x01")
            assert [post(process, tls) for _ in range(5)] == [202] * 5
        finally:
            for sock in slow:
                sock.close()


ISSUED = Authority("issuer")
PAIR, ANOTHER, LOCKED = ISSUED.issue("relay"), ISSUED.issue("relay"), ISSUED.issue("relay", password=b"secret")
GOOD = {"tls_crt": PAIR.certificate, "tls_key": PAIR.key}


@pytest.mark.parametrize(
    ("content", "names", "message"),
    [
        pytest.param({**GOOD, "tls_key": ANOTHER.key}, [], "KEY_VALUES_MISMATCH", id="the key of another"),
        pytest.param({**GOOD, "tls_key": b"none"}, [], "are not a certificate and its key", id="no key"),
        pytest.param({**GOOD, "tls_crt": b""}, [], "are not a certificate and its key", id="an empty certificate"),
        pytest.param(
            {"tls_crt": LOCKED.certificate, "tls_key": LOCKED.key}, [], "without a password", id="a key with a password"
        ),
        pytest.param({**GOOD, "ca_crt": b"none"}, [], "RELAY_TLS_CLIENT_CA_FILE has no certificate", id="no authority"),
        pytest.param(
            {"tls_crt": PAIR.certificate},
            ["KEY"],
            "RELAY_TLS_KEY_FILE names a file that cannot be read: No such file",
            id="a key that is not there",
        ),
        pytest.param({"tls_key": PAIR.key}, [], "RELAY_TLS_CERT_FILE is required too", id="a key alone"),
        pytest.param({"tls_crt": PAIR.certificate}, [], "RELAY_TLS_KEY_FILE is required too", id="a certificate alone"),
        pytest.param({"ca_crt": ISSUED.certificate}, [], "RELAY_TLS_CERT_FILE is required too", id="mutual TLS alone"),
    ],
)
def test_files_that_make_no_tls_are_settings_errors(
    volume: Volume, content: dict[str, bytes], names: list[str], message: str
) -> None:
    volume.put(**content)
    settings = {
        f"RELAY_TLS_{name}_FILE": str(path) for name, path in files(volume).items() if path.exists() or name in names
    }
    environ = environment(volume.path.parent, api_url=NOWHERE, token="t", settings=settings)
    ended = subprocess.run(
        [sys.executable, "-m", "relay"], cwd=ROOT, env=environ, capture_output=True, text=True, timeout=60, check=False
    )
    assert ended.returncode == 2
    assert message in ended.stderr
    assert "Traceback" not in ended.stderr
    assert str(volume.path) not in ended.stderr
