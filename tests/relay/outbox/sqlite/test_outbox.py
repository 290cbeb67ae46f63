"""What holds for the outbox in SQLite alone: its file, its rows, and a storage that fails."""

import asyncio
import os
import sqlite3
from pathlib import Path

import anyio
import pytest

from relay.errors import StorageFailed, StorageUnusable
from relay.outbox.protocol import Receipt
from relay.outbox.sqlite.database import MIGRATIONS, open_database
from tests.relay.letters import ROOM, Clock, drained, letter, names, opened

pytestmark = pytest.mark.anyio


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "relay.db"


async def test_nothing_accepted_is_lost_when_the_process_ends_without_a_word(path: Path) -> None:
    """The rows of a second connection are what a process would find that starts after a kill."""
    async with opened(path) as outbox:
        await outbox.put([letter("a")])
        with sqlite3.connect(f"file:{path}?mode=ro", uri=True) as other:
            assert other.execute("SELECT count(*) FROM letter").fetchone() == (1,)
        other.close()


async def test_rows_are_purged_after_the_deduplication_window_and_not_before(path: Path) -> None:
    clock = Clock()
    async with opened(path, now=clock) as outbox:
        await outbox.put([letter("gone", act="w"), letter("folded", act="w")])
        await drained(outbox)
        clock.time += 3000
        await outbox.put([letter("waits"), letter("also waits")])
        clock.time += 3600
        await outbox.put([letter("new")])
    with sqlite3.connect(path) as rows:
        assert rows.execute("SELECT CAST(identity AS TEXT) FROM letter ORDER BY key").fetchall() == [
            ("waits",),
            ("also waits",),
            ("new",),
        ]
    rows.close()


async def test_a_dead_letter_is_kept_with_the_time_of_its_burial(path: Path) -> None:
    clock = Clock()
    async with opened(path, now=clock) as outbox:
        await outbox.put([letter("a")])
        clock.time += 5
        [claim] = await outbox.claim(room=ROOM)
        await outbox.bury(claim, reason="422 no")
    with sqlite3.connect(path) as rows:
        assert rows.execute("SELECT reason, buried FROM dead").fetchall() == [("422 no", 1_000_005.0)]
    rows.close()


class TestFailingStorage:
    """SQLite's own limit on the file's size stands in for a full disk: it raises the same error at the same places."""

    @staticmethod
    def fill(path: Path) -> sqlite3.Connection:
        """Another program holds the write lock for as long as the connection is open."""
        other = sqlite3.connect(path, isolation_level=None)
        other.execute("BEGIN IMMEDIATE")
        return other

    async def test_a_full_disk_refuses_and_keeps_nothing_by_half(self, path: Path) -> None:
        async with opened(path, max_backlog=10**6) as outbox:
            await outbox.put([letter("before", act="w")])
            connection = outbox._writer._connection
            [pages] = connection.execute("PRAGMA page_count").fetchone()
            connection.execute(f"PRAGMA max_page_count = {pages + 3}")
            with pytest.raises(StorageFailed, match="full"):
                await outbox.put([letter(str(number), act=str(number)) for number in range(2000)])
            # What was refused is not known as a repeat, and nothing folds into it.
            connection.execute("PRAGMA max_page_count = 1000000")
            assert await outbox.put([letter("0", act="0")]) == Receipt(accepted=1, coalesced=0)
            assert await outbox.put([letter("x", act="w")]) == Receipt(accepted=0, coalesced=1)
            assert names(await drained(outbox)) == ["before", "0"]

    async def test_all_requests_of_a_failed_commit_are_refused(self, path: Path) -> None:
        async with opened(path, max_backlog=10**6) as outbox:
            connection = outbox._writer._connection
            [pages] = connection.execute("PRAGMA page_count").fetchone()
            connection.execute(f"PRAGMA max_page_count = {pages + 3}")
            puts = [outbox.put([letter(f"{n}-{m}") for m in range(200)]) for n in range(10)]
            outcomes = await asyncio.gather(*puts, return_exceptions=True)
            assert {type(outcome) for outcome in outcomes} == {StorageFailed}
            assert (await outbox.backlog()).waiting == 0

    async def test_a_short_lock_by_another_program_is_waited_for(self, path: Path) -> None:
        async with opened(path) as outbox, anyio.create_task_group() as tasks:
            other = self.fill(path)
            tasks.start_soon(outbox.put, [letter("a")])
            await anyio.sleep(0.1)
            other.close()
            await outbox.put([letter("b")])
            assert names(await drained(outbox)) == ["a", "b"]

    async def test_a_long_lock_by_another_program_refuses(self, path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("relay.outbox.sqlite.writer._BUSY_SECONDS", 0.1)
        async with opened(path) as outbox:
            other = self.fill(path)
            with pytest.raises(StorageFailed, match="locked"):
                await outbox.put([letter("a")])
            with pytest.raises(StorageFailed):
                await outbox.backlog()
            other.close()
            assert await outbox.put([letter("a")]) == Receipt(accepted=1, coalesced=0)


class TestOpening:
    async def test_a_second_relay_on_the_same_file_is_refused(self, path: Path) -> None:
        async with opened(path):
            with pytest.raises(StorageUnusable, match="another relay"):
                async with opened(path):
                    pass

    async def test_a_closed_outbox_can_be_opened_again(self, path: Path) -> None:
        for _ in range(2):
            async with opened(path):
                pass

    @pytest.mark.parametrize(
        "content", [b"not a database, but long enough to be read as one" * 100, b"SQLite format 3\x00"]
    )
    def test_a_file_that_is_no_outbox_is_refused_and_left_alone(self, path: Path, content: bytes) -> None:
        path.write_bytes(content)
        with pytest.raises(StorageUnusable, match="move it away"):
            open_database(path)
        assert path.read_bytes() == content

    async def test_a_damaged_file_is_refused(self, path: Path) -> None:
        async with opened(path, max_backlog=10**6) as outbox:
            await outbox.put([letter(str(number)) for number in range(3000)])
        with path.open("r+b") as file:
            file.seek(2 * 16384)
            file.write(os.urandom(16384))
        with pytest.raises(StorageUnusable):
            open_database(path)

    def test_a_folder_that_is_not_there_is_named(self, tmp_path: Path) -> None:
        with pytest.raises(StorageUnusable, match=r"none/relay\.db: No such file"):
            open_database(tmp_path / "none" / "relay.db")

    def test_only_the_owner_can_read_it(self, path: Path) -> None:
        open_database(path).close()
        assert path.stat().st_mode & 0o777 == 0o600

    def test_the_schema_is_recorded_and_not_made_twice(self, path: Path) -> None:
        for _ in range(2):
            connection = open_database(path)
            assert connection.execute("PRAGMA user_version").fetchone() == (len(MIGRATIONS),)
            connection.close()

    def test_a_file_of_a_newer_relay_is_refused(self, path: Path) -> None:
        connection = open_database(path)
        connection.execute(f"PRAGMA user_version = {len(MIGRATIONS) + 1}")
        connection.close()
        with pytest.raises(StorageUnusable, match="newer"):
            open_database(path)

    def test_a_migration_that_fails_leaves_nothing(self, path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        open_database(path).close()
        monkeypatch.setattr(
            "relay.outbox.sqlite.database.MIGRATIONS", (*MIGRATIONS, ("CREATE TABLE more (a)", "no SQL"))
        )
        with pytest.raises(StorageUnusable):
            open_database(path)
        monkeypatch.undo()
        connection = open_database(path)
        assert connection.execute("SELECT count(*) FROM sqlite_master WHERE name = 'more'").fetchone() == (0,)
        connection.close()
