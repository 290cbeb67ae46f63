"""Another process changes the outbox's file while the relay runs: the relay goes by the file, not by its memory."""

import sqlite3
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from relay.errors import BacklogFull
from tests.relay.letters import ROOM, letter, names, opened

pytestmark = pytest.mark.anyio

Execute = Callable[[str], None]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "relay.db"


@pytest.fixture
def execute(path: Path) -> Iterator[Execute]:
    """Executes a statement as the other process."""
    connections: list[sqlite3.Connection] = []

    def run(statement: str) -> None:
        connections.append(sqlite3.connect(path, isolation_level=None))
        connections[-1].execute(statement)

    yield run
    for connection in connections:
        connection.close()


async def test_a_letter_that_was_deleted_is_not_claimed_and_those_around_it_are(path: Path, execute: Execute) -> None:
    async with opened(path) as outbox:
        await outbox.put([letter(name) for name in "abc"])
        claims = await outbox.claim(room=ROOM)
        await outbox.release(claims)
        execute("DELETE FROM letter WHERE key = 2")
        assert names(await outbox.claim(room=ROOM)) == ["a", "c"]


async def test_a_letter_is_claimed_that_comes_once_all_were_deleted(path: Path, execute: Execute) -> None:
    async with opened(path) as outbox:
        await outbox.put([letter(name) for name in "abc"])
        await outbox.claim(room=ROOM)
        execute("DELETE FROM letter")
        await outbox.put([letter("d")])
        assert names(await outbox.claim(room=ROOM)) == ["d"]


async def test_the_claim_of_a_deleted_letter_settles_no_other(path: Path, execute: Execute) -> None:
    async with opened(path) as outbox:
        await outbox.put([letter("a")])
        claims = await outbox.claim(room=ROOM)
        execute("DELETE FROM letter")
        await outbox.put([letter("b")])
        await outbox.settle(claims)
        assert (await outbox.backlog()).waiting == 1
        assert names(await outbox.claim(room=ROOM)) == ["b"]


async def test_deleted_letters_take_no_part_of_the_backlog_once_the_file_was_read(path: Path, execute: Execute) -> None:
    async with opened(path, max_backlog=3) as outbox:
        await outbox.put([letter(name, kind="curl") for name in "abc"])
        with pytest.raises(BacklogFull):
            await outbox.put([letter("d")])
        execute("DELETE FROM letter WHERE key < 3")
        assert names(await outbox.claim(room=ROOM)) == ["c"]
        await outbox.put([letter(name, kind="curl") for name in "de"])
        with pytest.raises(BacklogFull):
            await outbox.put([letter("f")])


async def test_letters_that_are_yet_to_be_written_keep_their_part_of_the_backlog(path: Path, execute: Execute) -> None:
    """The claim is executed in the transaction of the two letters, before they are written."""
    async with opened(path, max_backlog=4) as outbox:
        await outbox.put([letter("a")])
        execute("UPDATE letter SET received = received - 1")
        claim = outbox._writer.run(outbox._claim, ROOM)
        await outbox.put([letter("b", act="w"), letter("c"), letter("folded", act="w")])
        assert names(await claim) == ["a"]
        await outbox.put([letter("d")])
        with pytest.raises(BacklogFull):
            await outbox.put([letter("e")])
        assert names(await outbox.claim(room=ROOM)) == ["a", "b", "c", "d"]
        with pytest.raises(BacklogFull):
            await outbox.put([letter("e")])
