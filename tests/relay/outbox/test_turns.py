"""Whose letter goes next, held against both outboxes: by cluster, by pod, by gravity; nothing is lost or sent twice."""

import asyncio
import itertools
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import AbstractAsyncContextManager, AsyncExitStack
from functools import partial
from pathlib import Path

import pytest
from hypothesis import HealthCheck, Phase, note, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule, run_state_machine_as_test

from relay.errors import BacklogFull
from relay.outbox import turns
from relay.outbox.protocol import Letter, Outbox
from relay.outbox.turns import LEAST_GRAVE, LETTERS_PER_WINDOW, WINDOW_SECONDS, Lane, Turns
from tests.relay import letters
from tests.relay.letters import ROOM, Clock, drained, letter, names
from tests.relay.outbox.conftest import Opened
from tests.soak import SOAKING

UNIT = 1  # the size of a letter, where the room counts letters


class DeliveryInTurns(RuleBasedStateMachine):
    """An outbox beside a model that holds what waits, and who was served since when."""

    open: Callable[[], AbstractAsyncContextManager[Outbox]]

    def __init__(self) -> None:
        super().__init__()
        self._runner = asyncio.Runner()
        self._numbers = itertools.count()
        self._waiting: dict[str, Letter] = {}
        self._delivered: list[str] = []
        self._start()

    def _start(self) -> None:
        self._stack = AsyncExitStack()
        self._outbox = self._runner.run(self._stack.enter_async_context(type(self).open()))
        self._services: Counter[str] = Counter()  # when each cluster was served last; the count is the time
        self._served_since: dict[tuple[str, bytes | None], set[tuple[str, bytes | None]]] = {}

    @rule(
        where=st.lists(
            st.tuples(st.sampled_from("xyz"), st.sampled_from(["p", "q", "r", None]), st.sampled_from([0, 3, 7])),
            min_size=1,
            max_size=6,
        )
    )
    def put(self, where: list[tuple[str, str | None, int]]) -> None:
        new = [
            letter(str(next(self._numbers)), cluster=cluster, pod=pod and cluster + pod, gravity=gravity, size=UNIT)
            for cluster, pod, gravity in where
        ]
        assert self._runner.run(self._outbox.put(new)).accepted == len(new)
        self._waiting |= {item.identity.decode(): item for item in new}

    @precondition(lambda self: self._waiting)
    @rule(room=st.integers(1, 9), portion=st.sampled_from([0.0, 0.5, 1.0]))
    def deliver(self, room: int, portion: float) -> None:
        """Claim what fits, and deliver all of it, the first half or nothing."""
        claims = self._runner.run(self._outbox.claim(room=room))
        selection = [self._waiting[name] for name in names(claims)]
        note(str([(item.identity, item.cluster, item.pod, item.gravity) for item in selection]))
        self._check(selection, room)
        delivered = round(len(claims) * portion)
        self._runner.run(self._outbox.settle(claims[:delivered]))
        self._runner.run(self._outbox.release(claims[delivered:]))
        for item in selection[:delivered]:
            self._serve(item)

    @rule()
    def restart(self) -> None:
        self._runner.run(self._stack.aclose())
        self._start()

    @invariant()
    def nothing_is_lost(self) -> None:
        assert self._runner.run(self._outbox.backlog()).waiting == len(self._waiting)
        assert len(self._delivered) == len(set(self._delivered))

    def teardown(self) -> None:
        self._runner.run(drained(self._outbox))
        self._runner.run(self._stack.aclose())
        self._runner.close()

    def _check(self, selection: list[Letter], room: int) -> None:
        assert len(selection) == min(room, len(self._waiting)) == len({item.identity for item in selection})
        for lane in {Lane(item.cluster, item.pod) for item in self._waiting.values()}:
            expected = sorted(self._of(lane), key=lambda item: (item.gravity, int(item.identity)))
            actual = [item for item in selection if Lane(item.cluster, item.pod) == lane]
            assert actual == expected[: len(actual)], "the gravest first, then the oldest"
        least = min(self._services[item.cluster] for item in self._waiting.values())
        assert self._services[selection[0].cluster] == least, "whoever was quiet for the longest time goes first"

    def _serve(self, item: Letter) -> None:
        """Check that nobody else was passed over twice, and take the letter from the model."""
        del self._waiting[item.identity.decode()]
        self._delivered.append(item.identity.decode())
        self._services[item.cluster] = len(self._delivered)
        pods = {(other.cluster, other.pod) for other in self._waiting.values() if other.cluster == item.cluster}
        clusters: set[tuple[str, bytes | None]] = {(other.cluster, b"") for other in self._waiting.values()}
        served: list[tuple[tuple[str, bytes | None], set[tuple[str, bytes | None]]]]
        served = [((item.cluster, item.pod), pods), ((item.cluster, b""), clusters)]
        for queue, others in served:
            for other in others - {queue}:
                passed = self._served_since.setdefault(other, set())
                assert queue not in passed, f"{other} was passed over"
                passed.add(queue)
            self._served_since[queue] = set()
        empty = [queue for queue in self._served_since if queue not in pods and queue not in clusters]
        for queue in empty:
            if queue[0] == item.cluster or queue[1] == b"":
                del self._served_since[queue]

    def _of(self, lane: Lane) -> list[Letter]:
        return [item for item in self._waiting.values() if Lane(item.cluster, item.pod) == lane]


@pytest.mark.slow
@pytest.mark.parametrize("outbox", ["sqlite", "jetstream"])
def test_letters_go_out_in_turns_and_none_is_lost_or_sent_twice(
    outbox: str, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    clock, counter = Clock(), itertools.count()
    if outbox == "sqlite":
        opened: Opened = partial(letters.opened, tmp_path / "relay.db", now=clock)
    else:
        node = request.getfixturevalue("nats")
        opened = partial(letters.opened_on_nats, node.address, repository=f"acme/{tmp_path.name}", now=clock)

    class Machine(DeliveryInTurns):
        open = staticmethod(opened)

        def __init__(self) -> None:
            clock.time += 3 * 3600  # what another example has delivered is neither known nor counted any more
            self._first = 10_000 * next(counter)
            super().__init__()
            self._numbers = itertools.count(self._first)

    examples = {"sqlite": 15, "jetstream": 5}[outbox] * (20 if SOAKING else 1)
    run_state_machine_as_test(
        Machine,
        settings=settings(
            max_examples=examples,
            stateful_step_count=30,
            deadline=None,
            phases=[Phase.generate],
            print_blob=True,
            suppress_health_check=list(HealthCheck),
        ),
    )


@pytest.mark.anyio
async def test_the_first_event_of_a_quiet_cluster_goes_with_the_next_dispatch(opened: Opened) -> None:
    async with opened(max_backlog=1000) as outbox:
        await outbox.put([letter(f"flood-{number}", cluster="loud", pod=str(number % 7)) for number in range(300)])
        await outbox.settle(await outbox.claim(room=500))
        await outbox.put([letter("quiet", cluster="quiet", pod="p", gravity=LEAST_GRAVE, size=ROOM - 1)])
        assert names(await outbox.claim(room=ROOM)) == ["quiet"]


@pytest.mark.anyio
async def test_a_storm_of_one_pod_delays_its_own_events_alone(opened: Opened) -> None:
    async with opened(max_backlog=1000) as outbox:
        await outbox.put([letter(f"storm-{number}", pod="storm") for number in range(300)])
        await outbox.put([letter("other", pod="other", gravity=LEAST_GRAVE)])
        assert "other" in names(await outbox.claim(room=200))


@pytest.mark.anyio
async def test_a_pod_that_has_used_up_its_letters_waits_for_the_next_window_but_not_with_a_graver_one(
    opened: Opened, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(turns, "LETTERS_PER_WINDOW", 5)
    clock = Clock()
    async with opened(now=clock) as outbox:
        await outbox.put([letter(f"s{number}", pod="storm", gravity=5) for number in range(8)])
        await outbox.settle(await outbox.claim(room=ROOM))
        assert (await outbox.backlog()).waiting == 3
        await outbox.put([letter("other", pod="other", gravity=7)])
        await outbox.put([letter("same", pod="storm", gravity=5), letter("grave", pod="storm", gravity=2)])
        claims = await outbox.claim(room=ROOM)
        assert sorted(names(claims)) == ["grave", "other"]
        await outbox.settle(claims)
        await outbox.put([letter("as grave", pod="storm", gravity=2), letter("graver", pod="storm", gravity=1)])
        claims = await outbox.claim(room=ROOM)
        assert names(claims) == ["graver"]
        await outbox.settle(claims)
        clock.time += WINDOW_SECONDS
        assert names(await drained(outbox)) == ["as grave", "s5", "s6", "s7", "same"]


@pytest.mark.anyio
async def test_each_cluster_has_its_share_of_the_backlog(opened: Opened) -> None:
    async with opened(max_backlog=6, callers=3) as outbox:
        await outbox.put([letter("a", cluster="x"), letter("b", cluster="x")])
        with pytest.raises(BacklogFull, match="its share of the backlog"):
            await outbox.put([letter("c", cluster="x")])
        await outbox.put([letter("d", cluster="y"), letter("e", cluster="y")])
        claims = await outbox.claim(room=ROOM)
        await outbox.settle([claim for claim in claims if names([claim]) == ["a"]])
        await outbox.put([letter("c", cluster="x")])
        with pytest.raises(BacklogFull, match="its share of the backlog"):
            await outbox.put([letter("f", cluster="x")])


@pytest.mark.anyio
async def test_a_kind_of_event_has_a_limit_and_hides_no_other_kind(
    opened: Opened, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("relay.outbox.shares.MOST_OF_A_KIND", 3)
    storm = {"cluster": "x", "pod": "p", "gravity": 5}
    async with opened() as outbox:
        await outbox.put([letter(str(number), kind="notice", **storm) for number in range(3)])  # type: ignore[arg-type]
        with pytest.raises(BacklogFull, match="different events of one pod"):
            await outbox.put([letter("more", kind="notice", **storm), letter("another", kind="k")])  # type: ignore[arg-type]
        await outbox.put([letter("grave", kind="critical", cluster="x", pod="p", gravity=2)])
    async with opened() as outbox:
        with pytest.raises(BacklogFull):
            await outbox.put([letter("more", kind="notice", **storm)])  # type: ignore[arg-type]
        claims = await outbox.claim(room=ROOM)
        assert names(claims) == ["grave", "0", "1", "2"]
        await outbox.settle(claims)
        await outbox.put([letter("more", kind="notice", **storm)])  # type: ignore[arg-type]


def of_pod(count: int, *, gravity: int = 0) -> tuple[Turns, Lane]:
    order, lane = Turns(), Lane("c", b"p")
    order.add(lane, gravity, count)
    return order, lane


def test_a_pod_has_some_hundred_letters_in_each_window() -> None:
    order, lane = of_pod(1000)
    assert len(list(order.order(0.0))) == LETTERS_PER_WINDOW
    for _ in range(150):
        order.end(lane, 0, 10.0)
    assert len(list(order.order(10.0 + WINDOW_SECONDS - 1))) == LETTERS_PER_WINDOW - 150
    assert len(list(order.order(10.0 + WINDOW_SECONDS))) == LETTERS_PER_WINDOW


def test_a_clock_that_is_set_back_holds_no_pod_back() -> None:
    order, lane = of_pod(1000)
    for _ in range(LETTERS_PER_WINDOW):
        order.end(lane, 0, 10_000.0)
    assert list(order.order(10_001.0)) == []
    assert len(list(order.order(0.0))) == LETTERS_PER_WINDOW


def test_letters_without_a_pod_have_no_window() -> None:
    order = Turns()
    order.add(Lane("c", None), 0, 1000)
    assert len(list(order.order(0.0))) == 1000


def test_windows_and_clusters_that_are_over_are_forgotten(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(turns, "_MOST_CLUSTERS", 10)
    order = Turns()
    for number in range(1000):
        lane = Lane(str(number), b"%d" % number)
        order.add(lane, 0)
        order.end(lane, 0, float(number))
    assert len(order._windows) <= WINDOW_SECONDS + 1
    assert len(order._clusters) <= 11


def waiting_lanes(order: Turns) -> Iterator[tuple[str, bytes | None]]:
    return (lane for lane, _ in order.order(0.0))


def test_counts_that_another_relay_changed_keep_the_turns() -> None:
    order = Turns()
    lanes = [Lane("c", b"p"), Lane("c", b"q"), Lane("c", b"r")]
    order.replace({lane: {0: 2} for lane in lanes})
    order.end(lanes[0], 0, 0.0)
    order.replace({lanes[0]: {0: 1}, lanes[2]: {3: 1, 5: 1}, Lane("d", b"s"): {0: 1}})
    assert list(waiting_lanes(order)) == [Lane("d", b"s"), lanes[2], lanes[0], lanes[2]]
