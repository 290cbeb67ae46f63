"""How letters lie in the streams, as MessagePack."""

import msgspec

from relay.outbox.protocol import Letter


class Kept(msgspec.Struct, frozen=True):
    """A letter that waits; `received` is in seconds since the epoch."""

    letter: Letter
    received: float


class DeadLetter(msgspec.Struct, frozen=True):
    """A letter that GitHub will never take."""

    kept: Kept
    buried: float
    reason: str


def kept(data: bytes | None) -> Kept:
    return msgspec.msgpack.decode(data or b"", type=Kept)


def dead_letter(data: bytes | None) -> DeadLetter:
    return msgspec.msgpack.decode(data or b"", type=DeadLetter)
