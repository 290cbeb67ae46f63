"""The format of letters in the streams: MessagePack."""

import msgspec

from relay.outbox.protocol import Letter


class LetterRecord(msgspec.Struct, frozen=True):
    """A waiting letter; `received` is in seconds since the epoch."""

    letter: Letter
    received: float


class DeadLetterRecord(msgspec.Struct, frozen=True):
    """A letter that GitHub rejected for good; `buried` is in seconds since the epoch."""

    record: LetterRecord
    buried: float
    reason: str


def decode_letter(data: bytes | None) -> LetterRecord:
    return msgspec.msgpack.decode(data or b"", type=LetterRecord)


def decode_dead_letter(data: bytes | None) -> DeadLetterRecord:
    return msgspec.msgpack.decode(data or b"", type=DeadLetterRecord)
