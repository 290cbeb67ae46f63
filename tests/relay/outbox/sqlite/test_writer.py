"""How pieces of work come to share a commit. What an outbox makes of it is in test_outbox.py."""

import asyncio
import sqlite3
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from relay.errors import StorageFailed
from relay.outbox.sqlite.writer import Writer

pytestmark = pytest.mark.anyio


@pytest.fixture
def connection(tmp_path: Path) -> Iterator[sqlite3.Connection]:
    connection = sqlite3.connect(tmp_path / "db", isolation_level=None, check_same_thread=False)
    connection.execute("CREATE TABLE done (number)")
    yield connection
    connection.close()


def opened(connection: sqlite3.Connection, *, observe: Callable[[float], None] = lambda _: None) -> Writer:
    """A writer whose file is never damaged."""
    return Writer(connection, check=lambda _: None, on_rollback=lambda: None, on_damage=lambda _: None, observe=observe)


def insert(connection: sqlite3.Connection, number: int) -> int:
    connection.execute("INSERT INTO done VALUES (?)", (number,))
    return number


async def test_those_who_ask_again_and_again_share_each_commit_instead_of_taking_turns(
    connection: sqlite3.Connection,
) -> None:
    commits: list[float] = []
    writer = opened(connection, observe=commits.append)

    async def ask(late: int) -> None:
        for _ in range(late):  # some come while the first commit is under way
            await asyncio.sleep(0.001)
        for number in range(50):
            assert await writer.run(insert, number) == number

    await asyncio.gather(*[ask(late) for late in range(6)])
    assert len(commits) < 75
    assert connection.execute("SELECT count(*) FROM done").fetchone() == (300,)
    await writer.close()


async def test_a_group_that_never_ceases_to_grow_is_committed_all_the_same(connection: sqlite3.Connection) -> None:
    writer = opened(connection)
    first = writer.run(insert, 0)
    async with asyncio.timeout(20):
        while not first.done():
            writer.grow()
            await asyncio.sleep(0)
    await writer.close()


async def test_the_jobs_that_wait_for_the_next_commit_fail_with_the_one_under_way(
    connection: sqlite3.Connection,
) -> None:
    def fail(connection: sqlite3.Connection) -> None:
        later.append(writer.run(insert, 1))
        connection.execute("no SQL")

    later: list[asyncio.Future[int]] = []
    writer = opened(connection)
    failed = writer.run(fail)
    _, waiting = await asyncio.wait([failed], timeout=10)
    assert not waiting
    assert isinstance(failed.exception(), StorageFailed)
    assert later[0].done(), "a job in the queue was forgotten: its caller would wait for ever"
    assert isinstance(later[0].exception(), StorageFailed)
    assert connection.execute("SELECT count(*) FROM done").fetchone() == (0,)
    await writer.close()


async def test_a_job_that_raises_anything_fails_everyone_who_waits_and_the_next_works(
    connection: sqlite3.Connection,
) -> None:
    def fail(connection: sqlite3.Connection) -> None:
        insert(connection, 1)
        raise KeyError

    reports: list[object] = []
    asyncio.get_running_loop().set_exception_handler(lambda _, context: reports.append(context.get("exception")))
    writer = opened(connection)
    futures: list[asyncio.Future[object]] = [writer.run(insert, 0), writer.run(fail), writer.run(insert, 2)]
    completed, _ = await asyncio.wait(futures, timeout=10)
    assert len(completed) == 3, "whoever still waits would wait for ever"
    assert {type(future.exception()) for future in futures} == {StorageFailed}
    assert [type(report) for report in reports] == [KeyError]
    [later], _ = await asyncio.wait([writer.run(insert, 3)], timeout=10)
    assert later.result() == 3
    assert connection.execute("SELECT number FROM done").fetchall() == [(3,)]
    await writer.close()
