"""What an older relay has left, in its file or its stream, goes out by this one."""

import sqlite3
from pathlib import Path

import msgspec
import nats as client
import pytest
from nats.js.api import RetentionPolicy

from relay.errors import BacklogFull
from relay.outbox.dead_letters import SqliteDeadLetters
from relay.outbox.jetstream.streams import Names
from relay.outbox.protocol import Receipt
from tests.relay.letters import ROOM, Clock, drained, letter, names, opened, opened_on_nats
from tests.relay.natsserver import Node
from tests.relay.process import ROOT

pytestmark = pytest.mark.anyio


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """The file of an older relay: three letters wait, one is dead, one was delivered and one folded."""
    connection = sqlite3.connect(tmp_path / "relay.db")
    connection.executescript((ROOT / "tests" / "data" / "outbox-schema-1.sql").read_text())
    connection.close()
    return tmp_path / "relay.db"


async def test_the_letters_of_an_older_file_go_out_with_their_counts_in_turns(path: Path) -> None:
    async with opened(path, now=Clock()) as outbox:
        claims = await outbox.claim(room=ROOM)
        assert {name: claim.coalesced for name, claim in zip(names(claims), claims, strict=True)} == {
            "a": 1,
            "b": 0,
            "c": 0,
        }
        assert await outbox.put([letter("d", act="w")]) == Receipt(accepted=0, coalesced=1)
        for repeat in ("delivered", "rejected", "a", "folded"):
            assert await outbox.put([letter(repeat)]) == Receipt(accepted=0, coalesced=1)
        assert sorted(names(await drained(outbox))) == ["a", "b", "c"]


async def test_the_letters_of_an_older_file_count_for_the_share_of_their_cluster(path: Path) -> None:
    async with opened(path, max_backlog=4, callers=4, now=Clock()) as outbox:
        with pytest.raises(BacklogFull, match="share"):
            await outbox.put([letter("e", cluster="prod")])
        assert (await outbox.put([letter("e", cluster="third")])).accepted == 1


async def test_a_dead_letter_of_an_older_file_can_be_requeued(path: Path) -> None:
    async with opened(path, now=Clock()) as outbox:
        with SqliteDeadLetters.open(path) as dead:
            dead.requeue([1])
        assert sorted(names(await drained(outbox))) == ["a", "b", "c", "rejected"]


async def test_the_letters_of_an_older_stream_go_out_before_and_beside_new_ones(nats: Node, tmp_path: Path) -> None:
    repository = f"acme/{tmp_path.name}"
    stream = Names.of(repository).letters
    connection = await client.connect(nats.address)
    context = connection.jetstream()
    await context.add_stream(name=stream, subjects=[stream], retention=RetentionPolicy.WORK_QUEUE)
    for name in "ab":
        older = {"identity": name.encode(), "workload": b"w", "document": b'{"id": "%b"}' % name.encode(), "size": 100}
        await context.publish(stream, msgspec.msgpack.encode({"letter": older, "received": 1_000_000.0}))
    async with opened_on_nats(nats.address, repository=repository, max_backlog=6, callers=2) as outbox:
        assert (await outbox.backlog()).oldest == 1_000_000.0
        await outbox.put([letter("c", cluster="prod", pod="p")])
        claims = await outbox.claim(room=ROOM)
        assert sorted(names(claims)) == ["a", "b", "c"]
        await outbox.bury(next(claim for claim in claims if names([claim]) == ["a"]), reason="422")
        await outbox.settle([claim for claim in claims if names([claim]) != ["a"]])
        assert (await outbox.backlog()).waiting == 0
    await connection.close()
