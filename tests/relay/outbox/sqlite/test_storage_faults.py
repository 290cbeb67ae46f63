"""A fault at every call of SQLite: nobody waits for ever, nothing accepted is lost, nothing refused is kept."""

import asyncio
import itertools
from collections.abc import Awaitable
from pathlib import Path

import pytest

from relay.errors import StorageDamaged, StorageFailed, StorageUnusable
from relay.outbox.protocol import Receipt
from relay.outbox.sqlite.outbox import SqliteOutbox
from tests.relay.letters import ROOM, drained, letter, names, opened
from tests.relay.outbox.sqlite.faulty import DAMAGE, FAULTS, KINDS, PASSING, FaultyStorage
from tests.soak import SOAKING

pytestmark = pytest.mark.anyio

# In a soak, each call of the way is the first to fail; otherwise every ninth.
STRIDE = 1 if SOAKING else 9
SECONDS = 60  # ends a test that would hang


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "relay.db"


@pytest.fixture
def storage(monkeypatch: pytest.MonkeyPatch) -> FaultyStorage:
    monkeypatch.setattr("relay.outbox.sqlite.writer._BUSY_SECONDS", 0.02)
    monkeypatch.setattr("relay.outbox.sqlite.writer._BUSY_PAUSE", 0.005)
    monkeypatch.setattr("relay.outbox.sqlite.writer._CHECKPOINT_COMMITS", 1)
    return FaultyStorage()


async def outcome(call: Awaitable[object]) -> object:
    """What a call returns, or the StorageFailed that it raises."""
    try:
        async with asyncio.timeout(SECONDS):
            return await call
    except StorageFailed as failure:
        return failure


async def put(outbox: SqliteOutbox, *letters: str) -> set[str]:
    """Put each letter by itself, all at the same time; return the names of those that were accepted."""
    receipts = await asyncio.gather(*[outcome(outbox.put([letter(name)])) for name in letters])
    return {name for name, receipt in zip(letters, receipts, strict=True) if isinstance(receipt, Receipt)}


async def deliver(outbox: SqliteOutbox) -> set[str]:
    """Claim what there is, bury the first letter, settle the others; return the names of those that are recorded."""
    claims = await outcome(outbox.claim(room=ROOM))
    if not isinstance(claims, list):
        return set()
    buried = await outcome(outbox.bury(claims[0], reason="no"))
    settled = await outcome(outbox.settle(claims[1:]))
    return {
        *(names(claims[:1]) if buried is None else []),
        *(names(claims[1:]) if settled is None else []),
    }


async def waiting(path: Path) -> list[str]:
    """What a new relay finds in the file."""
    async with opened(path) as outbox:
        return names(await drained(outbox))


@pytest.mark.parametrize("fault", PASSING)
@pytest.mark.parametrize("kind", KINDS)
async def test_a_fault_that_passes_refuses_everyone_who_waits_and_then_all_works_again(
    path: Path, storage: FaultyStorage, kind: str, fault: str
) -> None:
    storage.fault = PASSING[fault]
    async with opened(path, connect=storage.connect) as outbox:
        assert await put(outbox, "a", "b", "c") == {"a", "b", "c"}
        claims = await outbox.claim(room=ROOM)
        storage.fails = lambda _, current: current == kind
        during = await put(outbox, "d", "e")
        during |= await put(outbox, "f")
        backlog, settled = await asyncio.gather(outcome(outbox.backlog()), outcome(outbox.settle(claims[:1])))
        if kind in ("begin", "commit"):
            assert during == set()
            assert isinstance(backlog, StorageFailed)
            assert isinstance(settled, StorageFailed)
        storage.recover()
        assert outbox.damage is None
        assert await put(outbox, "f", "g") == {"f", "g"}
        expected = {"a", "b", "c", "f", "g", *during} - ({"a"} if settled is None else set())
        assert (await outbox.backlog()).waiting == len(expected)
    assert set(await waiting(path)) == expected


@pytest.mark.parametrize("fault", DAMAGE)
@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind not in ("open", "pragma", "rollback", "step")])
async def test_damage_refuses_everyone_who_waits_and_whoever_comes_and_is_reported_once(
    path: Path, storage: FaultyStorage, kind: str, fault: str
) -> None:
    reports: list[StorageDamaged] = []
    storage.fault = DAMAGE[fault]
    async with opened(path, connect=storage.connect, on_damage=reports.append) as outbox:
        assert await put(outbox, "a") == {"a"}
        claims = await outbox.claim(room=ROOM)
        storage.fails = lambda _, current: current == kind
        during, backlog = await asyncio.gather(put(outbox, "b", "c"), outcome(outbox.backlog()))
        storage.recover()  # it makes no difference: the file is not to be trusted
        assert during == (set() if kind != "checkpoint" else {"b", "c"})
        assert isinstance(backlog, StorageDamaged) or kind == "checkpoint"
        calls = [outbox.put([letter("d")]), outbox.claim(room=ROOM), outbox.settle(claims), outbox.backlog()]
        outcomes = [await outcome(call) for call in calls]
        assert {type(refusal) for refusal in outcomes} == {StorageDamaged}
        assert reports == [outbox.damage]
    assert set(await waiting(path)) == {"a", *during}


@pytest.mark.slow
@pytest.mark.parametrize("lasting", [pytest.param(False, id="once"), pytest.param(True, id="lasting")])
@pytest.mark.parametrize("fault", FAULTS)
async def test_whichever_call_fails_nothing_hangs_is_lost_or_is_kept_by_half(
    tmp_path: Path, storage: FaultyStorage, fault: str, lasting: bool
) -> None:
    storage.fault = FAULTS[fault]
    for number in itertools.count(1, STRIDE):
        path = tmp_path / f"{number}.db"
        storage.calls.clear()
        storage.failures = 0
        storage.fail_from(number, last=None if lasting else number)
        accepted: set[str] = set()
        recorded: set[str] = set()
        try:
            async with opened(path, connect=storage.connect) as outbox:
                accepted |= await put(outbox, "a", "b")
                recorded |= await deliver(outbox) if accepted else set()
                accepted |= await put(outbox, "c", "d")
                await outcome(outbox.backlog())
                storage.recover()
                again = await put(outbox, "c", "e")
                assert again == ({"c", "e"} if outbox.damage is None else set())
                accepted |= again
        except StorageUnusable:
            storage.recover()
            assert accepted == set()
        assert set(await waiting(path)) == accepted - recorded, f"call {number}: {storage.calls[number - 1]}"
        if storage.failures == 0:
            break
    assert number > 20


async def test_an_unexpected_error_of_a_job_reaches_its_caller_and_the_log(path: Path) -> None:
    loop = asyncio.get_running_loop()
    reports: list[object] = []
    loop.set_exception_handler(lambda _, context: reports.append(context.get("exception")))
    async with opened(path) as outbox:
        await outbox.put([letter("a")])
        [claim] = await outbox.claim(room=ROOM)
        refusal = await outcome(outbox.bury(claim, reason="\ud800"))  # no UTF-8: Python refuses it
        assert isinstance(refusal, StorageFailed)
        assert [type(report) for report in reports] == [UnicodeEncodeError]
        assert await put(outbox, "b") == {"b"}
    assert await waiting(path) == ["a", "b"]
