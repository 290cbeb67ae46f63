"""What may go wrong around a relay, with a real process, real sockets and real files.

Short by default; `make soak` has more kills, minutes of trouble, and the waits that take a minute.
"""

import os
import random
import resource
import subprocess
import sys
import time
from collections.abc import Callable

import httpx
import pytest

from tests.localhub.model import Fault
from tests.relay.process import ROOT
from tests.relay.rig import FaultRig, Posting, SharedRig, until, waiting
from tests.relay.wire import Trouble
from tests.soak import SOAKING

pytestmark = pytest.mark.slow

KILLS = 100 if SOAKING else 10  # in each of five series
TROUBLED_SECONDS = 300 if SOAKING else 5
CHANCE = random.Random()  # noqa: S311  # breaks things, guards nothing
SECONDARY = b'{"message": "You have exceeded a secondary rate limit. Please wait a few minutes before you try again."}'


@pytest.mark.parametrize("series", range(5))
def test_kills_at_any_moment_lose_nothing_and_repeat_at_most_the_last_dispatch(
    rig: FaultRig, series: int, record_property: Callable[[str, object], None]
) -> None:
    with Posting(rig) as posting:
        for _ in range(KILLS):
            with rig.relay() as process:
                posting.process = process
                time.sleep(CHANCE.uniform(0.05, 0.8))
                process.kill()
        posting.process = None
    with rig.relay() as process:
        until(lambda: waiting(process) == 0)
    heard, dispatches = rig.heard, rig.dispatches
    assert posting.accepted <= set(heard) <= posting.sent
    assert len(posting.accepted) > 10 * KILLS
    last = {dispatch.life: number for number, dispatch in enumerate(dispatches)}
    repeated = {event_id for event_id, times in heard.items() if times > 1}
    for event_id in repeated:
        *earlier, _ = [number for number, dispatch in enumerate(dispatches) if event_id in dispatch.ids]
        assert all(number in last.values() for number in earlier), "sent twice without having been killed in between"
    record_property(f"events answered 202, series {series}", len(posting.accepted))
    record_property(f"events sent twice, series {series}", len(repeated))


@pytest.mark.parametrize(
    ("trouble", "least"),
    [
        pytest.param(Fault(status=500), 1.0, id="500"),
        pytest.param(Fault(status=502, body=b"<html>Bad Gateway</html>"), 1.0, id="502"),
        pytest.param(Fault(status=401, body=b'{"message": "Bad credentials"}'), 1.0, id="401"),
        pytest.param(Fault(status=403, body=b'{"message": "Resource not accessible"}'), 1.0, id="403"),
        pytest.param(Fault(status=404, body=b'{"message": "Not Found"}'), 1.0, id="404"),
        pytest.param(Fault(status=301, headers={"Location": "/elsewhere"}), 1.0, id="301"),
        pytest.param(Fault(status=403, headers={"Retry-After": "2"}, body=SECONDARY), 2.0, id="403 retry-after"),
        pytest.param(Fault(status=429, headers={"Retry-After": "2"}), 2.0, id="429 retry-after"),
        pytest.param(
            Fault(status=403, headers={"X-RateLimit-Remaining": "0", "X-RateLimit-Reset": "1"}), 1.0, id="403 reset"
        ),
        pytest.param(Trouble.RESET, 1.0, id="reset"),
        pytest.param(Trouble.CLOSED, 1.0, id="closed"),
        pytest.param(Trouble.RESET_AFTER, 1.0, id="reset after it was taken"),
        pytest.param(Trouble.HALF_ANSWER, 1.0, id="half an answer"),
        pytest.param(Trouble.GARBAGE, 1.0, id="garbage"),
    ],
)
def test_trouble_is_waited_out_and_nothing_is_lost(shared: SharedRig, trouble: Fault | Trouble, least: float) -> None:
    rig, process = shared
    ids = [f"{time.monotonic_ns()}-{number}" for number in range(3)]
    start = len(rig.wire.arrivals)
    rig.befall(trouble)
    assert rig.post(process, ids[0]) == 202
    until(lambda: len(rig.wire.arrivals) > start)
    assert [rig.post(process, event_id) for event_id in ids[1:]] == [202, 202]
    until(lambda: set(ids) <= set(rig.heard))
    until(lambda: waiting(process) == 0)
    troubled, second, *more = rig.wire.arrivals[start:]
    assert second - troubled >= least
    assert len(more) <= 1
    github_had_it = trouble in (Trouble.RESET_AFTER, Trouble.HALF_ANSWER, Trouble.GARBAGE)
    assert [rig.heard[event_id] for event_id in ids] == [2 if github_had_it else 1, 1, 1]


@pytest.mark.parametrize(
    ("trouble", "least"),
    [
        pytest.param(Fault(status=403, body=SECONDARY), 60.0, id="403 without retry-after"),
        pytest.param(Fault(status=429), 60.0, id="429 without retry-after"),
        pytest.param(Trouble.HANG, 20.0, id="hang"),
    ],
)
def test_long_trouble_is_not_pressed_and_a_new_relay_takes_up_where_it_was(
    rig: FaultRig, trouble: Fault | Trouble, least: float
) -> None:
    rig.befall(trouble)
    with rig.relay() as process:
        assert [rig.post(process, event_id) for event_id in "ab"] == [202, 202]
        if SOAKING:
            until(lambda: waiting(process) == 0, seconds=200)
            first, second, *_ = rig.wire.arrivals
            assert second - first >= least
        else:
            time.sleep(2.5)
            assert len(rig.wire.arrivals) == 1
            assert waiting(process) == 2
    with rig.relay() as process:
        until(lambda: waiting(process) == 0)
    assert rig.heard == {"a": 1, "b": 1}


def test_what_github_rejects_is_split_and_the_poison_can_be_requeued(rig: FaultRig) -> None:
    rejected = Fault(status=422, body=b'{"message": "Invalid request."}')
    with rig.relay() as process:
        rig.hub.faults.extend([rejected, rejected])  # the three of them, then the first alone
        assert rig.post_together(process, "a", "b", "c") == 202
        until(lambda: waiting(process) == 0)
        assert rig.heard == {"b": 1, "c": 1}
        environ = {"PATH": os.environ["PATH"], "RELAY_OUTBOX": f"sqlite:{rig.folder / 'relay.db'}"}
        command = [sys.executable, "-m", "relay", "dead"]
        listing = subprocess.run([*command, "list"], cwd=ROOT, env=environ, capture_output=True, text=True, check=True)
        assert '"a"\t"422 Invalid request."' in listing.stdout
        subprocess.run([*command, "requeue", "--all"], cwd=ROOT, env=environ, capture_output=True, check=True)
        until(lambda: rig.heard == {"a": 1, "b": 1, "c": 1})


def test_in_lasting_trouble_nothing_is_lost_and_no_more_is_asked_than_allowed(rig: FaultRig) -> None:
    passing: list[Fault | Trouble] = [trouble for trouble in Trouble if trouble is not Trouble.HANG]
    passing += [Fault(status=500), Fault(status=502), Fault(status=429, headers={"Retry-After": "1"})]
    interval = 0.25
    with rig.relay(RELAY_MIN_INTERVAL_SECONDS=str(interval)) as process, Posting(rig, pause=0.02) as posting:
        posting.process, began, spent = process, time.monotonic(), process.cpu_seconds()
        while time.monotonic() < began + TROUBLED_SECONDS:
            if CHANCE.random() < 0.5 and not rig.hub.faults and not rig.wire.troubles:
                rig.befall(CHANCE.choice(passing))
            time.sleep(0.2)
        rig.hub.faults.clear()
        rig.wire.troubles.clear()
        posting.process = None
        until(lambda: waiting(process) == 0, seconds=500)
        lasted, spent = time.monotonic() - began, process.cpu_seconds() - spent
    gaps = [later - sooner for sooner, later in zip(rig.wire.arrivals, rig.wire.arrivals[1:], strict=False)]
    assert posting.accepted == posting.sent == set(rig.heard)
    assert min(gaps) >= interval
    assert spent < 0.5 * lasted


def test_a_full_disk_refuses_keeps_what_was_taken_and_floods_nobody(rig: FaultRig) -> None:
    """A limit on the size of files stands in for the disk: the kernel refuses the same writes."""
    with rig.relay() as process:
        assert rig.post(process, "before") == 202
        until(lambda: waiting(process) == 0)
        size = (rig.folder / "relay.db-wal").stat().st_size
        resource.prlimit(process.popen.pid, resource.RLIMIT_FSIZE, (size + 100_000, resource.RLIM_INFINITY))
        statuses = {f"during-{number}": rig.post(process, f"during-{number}") for number in range(150)}
        assert set(statuses.values()) == {202, 503}
        start = len(rig.wire.arrivals)
        time.sleep(3)
        assert len(rig.wire.arrivals) - start <= 1, "sent again and again what could not be settled"
        assert httpx.get(f"{process.url}/healthz").status_code == 200
        resource.prlimit(process.popen.pid, resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
        assert rig.post(process, "after") == 202
        until(lambda: waiting(process) == 0)
    accepted = {"before", "after", *(event_id for event_id, status in statuses.items() if status == 202)}
    assert set(rig.heard) == accepted
    assert max(rig.heard.values()) <= 2
