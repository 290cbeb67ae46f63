"""What uvicorn writes in one turn of the loop, on its way to the socket."""

import asyncio

import pytest

from relay.server.transport import BufferedTransport

pytestmark = pytest.mark.anyio


class Wire(asyncio.Transport):
    """What has been sent, piece by piece."""

    def __init__(self) -> None:
        super().__init__({"peername": ("192.0.2.1", 9)})
        self.sent: list[bytes] = []
        self.closed = False

    def write(self, data: bytes | bytearray | memoryview) -> None:
        assert not self.closed, "a socket that is gone takes nothing"
        self.sent.append(bytes(data))

    def is_closing(self) -> bool:
        return self.closed

    def close(self) -> None:
        self.closed = True


@pytest.fixture
def wire() -> Wire:
    return Wire()


@pytest.fixture
async def transport(wire: Wire) -> BufferedTransport:
    return BufferedTransport(wire, asyncio.get_running_loop())


async def test_the_parts_of_an_answer_go_out_as_one(wire: Wire, transport: BufferedTransport) -> None:
    transport.write(b"head ")
    transport.write(b"body")
    await asyncio.sleep(0)
    transport.write(b"next")
    await asyncio.sleep(0)
    assert wire.sent == [b"head body", b"next"]


async def test_what_was_written_goes_out_before_the_end(wire: Wire, transport: BufferedTransport) -> None:
    transport.write(b"last words")
    transport.close()
    await asyncio.sleep(0)
    assert (wire.sent, wire.closed) == ([b"last words"], True)


async def test_what_comes_too_late_is_dropped(wire: Wire, transport: BufferedTransport) -> None:
    transport.write(b"an answer")
    wire.close()
    await asyncio.sleep(0)
    transport.close()
    assert wire.sent == []


async def test_all_else_is_asked_of_the_transport_itself(transport: BufferedTransport) -> None:
    assert transport.get_extra_info("peername") == ("192.0.2.1", 9)
