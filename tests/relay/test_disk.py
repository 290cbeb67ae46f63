"""A disk that breaks under a running relay: it says so, refuses what it cannot keep, and ends where it must."""

import json
import os
import random
import re
import resource
import shutil
import signal
import sqlite3
import subprocess
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, suppress
from pathlib import Path

import httpx
import pytest

from tests import sidekick
from tests.relay.process import TOKEN, Process, environment, started
from tests.relay.rig import FaultRig, event_of_pod, until, waiting
from tests.relay.wire import Trouble

pytestmark = pytest.mark.slow

CHANCE = random.Random(11)  # noqa: S311  # breaks things, guards nothing


def damage_pages(path: Path) -> None:
    """Overwrite all pages but the first."""
    with path.open("r+b") as file:
        file.seek(16384)
        file.write(CHANCE.randbytes(path.stat().st_size - 16384))


def overwrite(path: Path) -> None:
    with path.open("r+b") as file:
        file.write(CHANCE.randbytes(path.stat().st_size))


def truncate(path: Path) -> None:
    os.truncate(path, 16384)


def remove(path: Path) -> None:
    path.unlink()


def replace(path: Path) -> None:
    shutil.copy(path, copy := path.with_name("copy.db"))
    copy.replace(path)


def remove_log(path: Path) -> None:
    path.with_name(f"{path.name}-wal").unlink()


def fill(rig: FaultRig, process: Process, *, count: int) -> set[str]:
    """Store more events than SQLite keeps in its cache, in the file itself, while GitHub does not answer."""
    ids = [f"event-{number}" for number in range(count)]
    headers = {"Content-Type": "application/cloudevents-batch+json", "Authorization": f"Bearer {TOKEN}"}
    for start in range(0, count, 250):
        batch = [
            sidekick.cloudevent(event_of_pod(event_id), event_id=event_id) for event_id in ids[start : start + 250]
        ]
        assert httpx.post(process.url, content=json.dumps(batch), headers=headers, timeout=60).status_code == 202
    connection = sqlite3.connect(rig.folder / "relay.db")
    connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    connection.close()
    return set(ids)


def statuses(rig: FaultRig, process: Process) -> set[int | None]:
    """What the relay answers until it ends; None is no answer."""
    answers: set[int | None] = set()

    def has_ended() -> bool:
        answers.add(rig.post(process, f"more-{CHANCE.random()}"))
        return process.popen.poll() is not None

    until(has_ended)
    return answers


def records(process: Process) -> list[dict[str, str]]:
    return [json.loads(line) for line in process.log.read_text().splitlines()]


@pytest.mark.parametrize(
    ("break_file", "message"),
    [
        pytest.param(damage_pages, "malformed", id="damaged pages"),
        pytest.param(overwrite, "", id="overwritten"),
        pytest.param(truncate, "truncated|malformed", id="truncated"),
        pytest.param(remove, "relay.db was removed", id="removed"),
        pytest.param(replace, "relay.db was replaced", id="replaced"),
        pytest.param(remove_log, "relay.db-wal was removed", id="its log removed"),
    ],
)
def test_a_file_that_cannot_be_trusted_ends_the_relay_with_503_and_a_message(
    rig: FaultRig, break_file: Callable[[Path], None], message: str
) -> None:
    rig.befall(Trouble.HANG)
    with rig.relay() as process:
        fill(rig, process, count=2000)
        break_file(rig.folder / "relay.db")
        answers = statuses(rig, process)
        assert answers <= {202, 503, None}
        assert process.popen.wait() == 1
        [record] = [record for record in records(process) if record["event"] == "ends"]
        assert re.search(message, record["detail"])
        assert record["level"] == "critical"
        assert "When the disk fails" in record["hint"]


def test_what_an_operator_may_do_to_a_running_outbox_is_no_damage(rig: FaultRig) -> None:
    with rig.relay() as process:
        fill(rig, process, count=100)
        until(lambda: waiting(process) == 0)
        connection = sqlite3.connect(rig.folder / "relay.db", isolation_level=None, timeout=30)
        connection.execute("DELETE FROM letter")
        connection.execute("VACUUM")
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        connection.close()
        assert rig.post(process, "after") == 202
        until(lambda: waiting(process) == 0)
        assert process.popen.poll() is None


def healthy(process: Process) -> tuple[int, int]:
    return tuple(httpx.get(f"{process.url}{path}", timeout=60).status_code for path in ("/healthz", "/readyz"))  # type: ignore[return-value]  # of two


def test_a_full_volume_refuses_says_so_and_recovers(rig: FaultRig, full_volume: Path) -> None:
    """A volume of its own, filled by another program."""
    with rig.relay(RELAY_OUTBOX=f"sqlite:{full_volume / 'relay.db'}") as process:
        assert rig.post(process, "before") == 202
        until(lambda: waiting(process) == 0)
        ballast = full_volume / "ballast"
        with ballast.open("wb", buffering=0) as file, suppress(OSError):  # no space is left
            while file.write(bytes(4096)):
                pass
        ids = [f"during-{number}" for number in range(100)]
        answers = {event_id: rig.post(process, event_id) for event_id in ids}
        assert 503 in answers.values()
        assert healthy(process) == (200, 503)
        ballast.unlink()
        assert rig.post(process, "after") == 202
        until(lambda: waiting(process) == 0)
        assert healthy(process) == (200, 200)
    assert set(rig.heard) == {"before", "after", *(event_id for event_id in ids if answers[event_id] == 202)}


@pytest.fixture
def full_volume(tmp_path: Path) -> Iterator[Path]:
    path = tmp_path / "volume"
    path.mkdir()
    mounting = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=2m", "tmpfs", path], capture_output=True, text=True, check=False
    )
    if mounting.returncode:
        pytest.skip(f"only a privileged user can mount a volume: {mounting.stderr.strip()}")
    try:
        yield path
    finally:
        subprocess.run(["umount", "--lazy", path], check=True)


@contextmanager
def read_only(process: Process, _: Path) -> Iterator[None]:
    """No byte can be added to any file: what the kernel does on a volume that has become read-only."""
    resource.prlimit(process.popen.pid, resource.RLIMIT_FSIZE, (0, resource.RLIM_INFINITY))
    try:
        yield
    finally:
        with suppress(ProcessLookupError):
            resource.prlimit(process.popen.pid, resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))


@contextmanager
def locked(_: Process, path: Path) -> Iterator[None]:
    connection = sqlite3.connect(path, isolation_level=None)
    connection.execute("BEGIN IMMEDIATE")
    try:
        yield
    finally:
        connection.close()


@pytest.mark.parametrize(
    "trouble", [pytest.param(read_only, id="no write succeeds"), pytest.param(locked, id="another program holds it")]
)
def test_trouble_that_passes_refuses_and_a_stop_is_not_held_up(
    rig: FaultRig, trouble: Callable[[Process, Path], AbstractContextManager[None]]
) -> None:
    with rig.relay() as process:
        assert rig.post(process, "before") == 202
        until(lambda: waiting(process) == 0)
        with trouble(process, rig.folder / "relay.db"):
            assert rig.post(process, "during") == 503
            assert healthy(process) == (200, 503)
        assert rig.post(process, "after") == 202
        until(lambda: waiting(process) == 0)
        with trouble(process, rig.folder / "relay.db"):
            assert rig.post(process, "during the stop") == 503
            process.popen.send_signal(signal.SIGTERM)
            process.popen.wait(timeout=15)
    assert set(rig.heard) == {"before", "after"}


@pytest.mark.parametrize("kind", ["commit", "begin"])
def test_a_disk_that_does_not_answer_holds_up_neither_callers_nor_the_end(rig: FaultRig, kind: str) -> None:
    switch = rig.folder / "hangs"
    token = rig.hub.create_token("acme/desired-state", permissions={"contents": "write"})
    environ = environment(rig.folder, api_url=rig.wire.url, token=token, settings={})
    module = ("tests.relay.hanging", kind, str(switch))
    with started(rig.folder, environ, module=module) as process:
        assert rig.post(process, "before") == 202
        switch.touch()
        assert rig.post(process, "during") in (503, None)
        process.popen.send_signal(signal.SIGTERM)
        process.popen.wait(timeout=15)
