"""`python -m relay dead` as an operator uses it, on the file of a relay."""

import json
import os
import sqlite3
import subprocess
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from relay.errors import StorageUnusable
from relay.outbox.dead_letters import SqliteDeadLetters
from relay.outbox.sqlite.outbox import SqliteOutbox
from tests.relay.letters import ROOM, letter, names
from tests.relay.process import ROOT

HOSTILE = 'c"\n2\t$(id)\x1b[2J\u2028'


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "relay.db"


@pytest.fixture
async def outbox(path: Path) -> AsyncIterator[SqliteOutbox]:
    """An outbox that is in use, with three dead letters."""
    outbox = SqliteOutbox(
        path,
        coalesce_seconds=0.0,
        max_backlog=100,
        now=lambda: 1_000_000.0,
        observe_commit=lambda _: None,
        on_damage=lambda _: None,
    )
    await outbox.put([letter(name) for name in ("a", "b", HOSTILE)])
    claims = await outbox.claim(room=ROOM)
    for claim in claims:
        await outbox.bury(claim, reason="422 \x1b[2Jno\n")
    yield outbox
    await outbox.close()


def dead(path: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "relay", "dead", *arguments],
        cwd=ROOT,
        env={"PATH": os.environ["PATH"], "RELAY_OUTBOX": f"sqlite:{path}"},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def listed_keys(path: Path) -> list[str]:
    """The keys."""
    lines = dead(path, "list").stdout.splitlines()
    assert lines[0] == "key\tburied\tevent\treason"
    return [line.split("\t")[0] for line in lines[1:]]


@pytest.mark.anyio
@pytest.mark.usefixtures("outbox")
async def test_each_dead_letter_is_one_line_whatever_is_in_it(path: Path) -> None:
    message = dead(path, "list").stdout
    assert message.isascii()
    assert "\x1b" not in message
    assert listed_keys(path) == ["1", "2", "3"]
    assert message.splitlines()[1] == '1\t1970-01-12T13:46:40+00:00\t"a"\t"422 \\u001b[2Jno\\n"'


@pytest.mark.anyio
@pytest.mark.usefixtures("outbox")
async def test_one_is_shown_whole_and_all_can_be(path: Path) -> None:
    assert json.loads(dead(path, "show", "3").stdout) == {
        "key": 3,
        "reason": "422 \x1b[2Jno\n",
        "event": {"id": HOSTILE},
    }
    assert dead(path, "show", "--all").stdout.count('"key"') == 3


@pytest.mark.anyio
async def test_what_is_requeued_is_delivered_by_the_relay_that_runs(path: Path, outbox: SqliteOutbox) -> None:
    assert dead(path, "requeue", "2").stdout.startswith("1 requeued")
    assert listed_keys(path) == ["1", "3"]
    assert names(await outbox.claim(room=ROOM)) == ["b"]


@pytest.mark.anyio
async def test_what_is_dropped_is_gone(path: Path, outbox: SqliteOutbox) -> None:
    assert dead(path, "drop", "1", "3").stdout == "2 dropped\n"
    assert listed_keys(path) == ["2"]
    assert dead(path, "drop", "--all").stdout == "1 dropped\n"
    assert (await outbox.backlog()).dead == 0


@pytest.mark.usefixtures("outbox")
@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        pytest.param(["drop", "1", "7"], 1, "no dead letter 7; nothing was done", id="one of them is not there"),
        pytest.param(["requeue"], 2, "--all", id="none is named"),
        pytest.param(["drop", "x"], 2, "invalid int value", id="no key"),
        pytest.param(["bury"], 2, "invalid choice", id="no command"),
    ],
)
@pytest.mark.anyio
async def test_what_cannot_be_done_is_said_and_nothing_is_done(
    path: Path, arguments: list[str], code: int, message: str
) -> None:
    answer = dead(path, *arguments)
    assert (answer.returncode, answer.stdout) == (code, "")
    assert message in answer.stderr
    assert listed_keys(path) == ["1", "2", "3"]


def test_a_mistyped_path_is_said_and_makes_no_file(path: Path) -> None:
    answer = dead(path, "list")
    assert (answer.returncode, answer.stdout) == (1, "")
    assert "there is no outbox" in answer.stderr
    assert not path.exists()


@pytest.mark.anyio
@pytest.mark.usefixtures("outbox")
async def test_a_file_that_another_program_holds_is_said(path: Path) -> None:
    other = sqlite3.connect(path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    answer = dead(path, "drop", "1")
    other.close()
    assert (answer.returncode, answer.stdout) == (1, "")
    assert "database is locked" in answer.stderr
    assert "Traceback" not in answer.stderr
    assert listed_keys(path) == ["1", "2", "3"]


@pytest.mark.anyio
@pytest.mark.usefixtures("outbox")
async def test_what_goes_wrong_on_the_way_is_an_error_of_the_relay(path: Path) -> None:
    with pytest.raises(StorageUnusable, match="disk is full"), SqliteDeadLetters.open(path):
        raise sqlite3.OperationalError("database or disk is full")
