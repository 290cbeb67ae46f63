"""Clients that are slow, or never say what they want: they hold up nobody, fill nothing, and are sent away."""

import contextlib
import resource
import socket
import time
from contextlib import ExitStack
from functools import partial
from urllib.parse import urlsplit

import pytest

from tests import sidekick
from tests.relay.process import REPOSITORY, environment, started
from tests.relay.rig import E02, FaultRig, SharedRig, until


def test_a_thousand_slow_clients_hold_up_nobody_and_are_sent_away(rig: FaultRig) -> None:
    request = sidekick.request(E02, address="http://x:the-token-of-the-cluster@relay:80/", event_id="slow")
    clients = []
    with rig.relay(RELAY_MAX_CONNECTIONS="1100", RELAY_MAX_CONNECTIONS_PER_ADDRESS="1100") as process:
        url = urlsplit(process.url)
        try:
            for _ in range(1000):
                clients.append(client := socket.create_connection((url.hostname, url.port or 0)))
                client.sendall(request[:-10])
            for _ in range(8):  # a byte now and then is not enough to stay
                for client in clients:
                    client.sendall(b" ")
                assert rig.post(process, f"quick-{time.monotonic_ns()}") == 202
                time.sleep(0.2)
            assert process.memory("VmRSS") < 128 * 2**20
            for client in clients:
                client.settimeout(60)
                assert client.recv(64).startswith(b"HTTP/1.1 408")
        finally:
            for client in clients:
                client.close()
        until(lambda: len(rig.heard) == 8)


@pytest.mark.parametrize(
    ("start", "more", "status"),
    [
        pytest.param(b"POST / HTTP/1.1\r\n", b"x: %b\r\n" % (b"y" * 9000), b"431", id="headers without end"),
        pytest.param(b"POST / HTTP/1.1\r\nx: ", b"y" * 9000, b"431", id="one header without end"),
        pytest.param(b"POST /", b"y" * 9000, b"431", id="an address without end"),
        pytest.param(
            b"POST / HTTP/1.1\r\ntransfer-encoding: chunked\r\n\r\n0\r\n",
            b"x: %b\r\n" % (b"y" * 9000),
            b"4",
            id="trailers without end",
        ),
    ],
)
def test_nobody_fills_the_memory_before_a_token_is_asked_for(
    shared: SharedRig, start: bytes, more: bytes, status: bytes
) -> None:
    rig, process = shared
    url = urlsplit(process.url)
    resident = process.memory("VmHWM")
    with socket.create_connection((url.hostname, url.port or 0)) as client:
        client.settimeout(60)
        client.sendall(start)
        with contextlib.suppress(ConnectionError):
            for _ in range(4000):
                client.sendall(more)
        with contextlib.suppress(ConnectionError):  # what it did not read makes the kernel reset
            assert client.recv(64)[9:].startswith(status)
    assert process.memory("VmHWM") < resident + 8 * 2**20
    assert rig.post(process, f"after-{time.monotonic_ns()}") == 202


def test_who_begins_no_request_is_sent_away(shared: SharedRig) -> None:
    _, process = shared
    url = urlsplit(process.url)
    good = sidekick.request(E02, address=process.address, event_id="good")
    clients = []
    for start in (b"", b"P", b"POST / HTTP/1.1\r\nHost: relay\r\n", good):
        clients.append(client := socket.create_connection((url.hostname, url.port or 0)))
        client.settimeout(60)
        client.sendall(start)
    time.sleep(0.5)
    clients[3].sendall(b"POST / HTTP/1.1\r\n")  # another one on the same connection
    answers = [b"".join(iter(partial(client.recv, 4096), b"")) for client in clients]
    for client in clients:
        client.close()
    assert [answer.count(b"HTTP/1.1 408") for answer in answers] == [1, 1, 1, 1]
    assert answers[3].startswith(b"HTTP/1.1 202")


def test_a_body_larger_than_the_limit_of_the_head_is_accepted(shared: SharedRig) -> None:
    rig, process = shared
    ids = [f"large-{number}" for number in range(200)]  # about 1 KB each
    assert rig.post_together(process, *ids) == 202
    until(lambda: set(ids) <= set(rig.heard))


def test_a_low_limit_of_open_files_is_raised_as_far_as_connections_need(rig: FaultRig) -> None:
    def lower() -> None:
        _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
        resource.setrlimit(resource.RLIMIT_NOFILE, (64, hard))

    token = rig.hub.create_token(REPOSITORY, permissions={"contents": "write"})
    environ = environment(rig.folder, api_url=rig.wire.url, token=token, settings={})
    with started(rig.folder, environ, preparation=lower) as process, ExitStack() as clients:
        url = urlsplit(process.url)
        for _ in range(150):
            client = clients.enter_context(socket.create_connection((url.hostname, url.port or 0)))
            client.sendall(b"POST /")
        assert rig.post(process, "a") == 202
        until(lambda: rig.wire.arrivals)
