"""Bodies that do not arrive whole."""

import json
import socket

import anyio
import pytest

from tests import sidekick
from tests.relay.serving import TOKEN, RecordingGitHub, ServedRelay, until

pytestmark = pytest.mark.anyio

E02 = sidekick.falco_events()["E02"]


async def test_a_client_that_goes_away_within_its_body_leaves_nothing(relay: ServedRelay, hub: RecordingGitHub) -> None:
    request = sidekick.request(E02, address=relay.as_cluster(), event_id="half")
    host, port = relay.address.removeprefix("http://").rstrip("/").split(":")

    def send_half() -> None:
        with socket.create_connection((host, int(port))) as connection:
            connection.sendall(request[:-20])

    await anyio.to_thread.run_sync(send_half)
    await relay.falcosidekick(E02, event_id="whole")
    assert [event["id"] for event in await hub.heard()] == ["whole"]


@pytest.mark.parametrize(
    "head",
    [
        pytest.param(b"Content-Length: %d\r\n\r\n", id="one byte short of its length"),
        pytest.param(b"Transfer-Encoding: chunked\r\n\r\n%x\r\n", id="without the last chunk"),
    ],
)
async def test_a_truncated_body_is_no_event_even_if_it_is_whole_json(
    relay: ServedRelay, hub: RecordingGitHub, head: bytes
) -> None:
    body = json.dumps(sidekick.cloudevent(E02, event_id="truncated")).encode()
    length = len(body) + (1 if b"Length" in head else 0)
    start = b"POST / HTTP/1.1\r\nHost: relay\r\nAuthorization: Bearer %b\r\n" % TOKEN.encode()
    start += b"Content-Type: application/cloudevents+json\r\n" + head % length
    host, port = relay.address.removeprefix("http://").rstrip("/").split(":")

    def send_and_leave() -> None:
        with socket.create_connection((host, int(port))) as connection:
            connection.sendall(start + body)

    await anyio.to_thread.run_sync(send_and_leave)
    await until(lambda: not relay.server.server_state.connections)
    await relay.falcosidekick(E02, event_id="whole")
    assert [event["id"] for event in await hub.heard()] == ["whole"]
