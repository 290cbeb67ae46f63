"""The commands of the relay's README that need a relay or an outbox, run as they are written."""

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from datetime import datetime
from functools import partial
from pathlib import Path

import anyio
import pytest

from relay.outbox.sqlite.outbox import SqliteOutbox
from tests import sidekick
from tests.markdown import Block, blocks
from tests.relay.letters import ROOM, letter
from tests.relay.process import ROOT, TOKEN, Process, environment, started

BLOCKS = list(blocks("relay/README.md"))
REQUESTS = [block for block in BLOCKS if block.text.startswith("$ curl")]


@pytest.fixture(scope="module")
def relay(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Process]:
    folder = tmp_path_factory.mktemp("relay")
    with started(folder, environment(folder, api_url="http://127.0.0.1:9", token="t", settings={})) as process:
        yield process


@pytest.mark.skipif(shutil.which("curl") is None, reason="no curl (Debian: apt-get install curl)")
@pytest.mark.parametrize("block", [pytest.param(block, id=str(block)) for block in REQUESTS])
def test_a_request_is_answered_as_shown(block: Block, relay: Process, tmp_path: Path) -> None:
    (tmp_path / "falco.json").write_bytes(sidekick.body(sidekick.falco_events()["E02"]))
    ((command, output),) = block.commands
    assert "http://127.0.0.1:8080" in command
    result = subprocess.run(
        ["sh", "-c", command.replace("http://127.0.0.1:8080", relay.url)],
        cwd=tmp_path,
        env={"PATH": os.environ["PATH"], "TOKEN": TOKEN},
        capture_output=True,
        text=True,
        check=True,
    )
    assert result.stdout.replace("\r\n", "\n").rstrip() == output.rstrip()


def test_the_readme_has_three_requests() -> None:
    assert len(REQUESTS) == 3


async def bury(path: Path, event: str, *, buried: str, reason: str) -> None:
    """Make an outbox with one dead letter."""
    outbox = SqliteOutbox(
        path,
        coalesce_seconds=0.0,
        max_backlog=100,
        now=lambda: datetime.fromisoformat(buried).timestamp(),
        observe_commit=lambda _: None,
        on_damage=lambda _: None,
    )
    await outbox.put([letter(event)])
    (claim,) = await outbox.claim(room=ROOM)
    await outbox.bury(claim, reason=reason)
    await outbox.close()


def test_dead_letters_are_treated_as_shown(tmp_path: Path) -> None:
    (block,) = [block for block in BLOCKS if "relay dead list" in block.text]
    commands = block.commands
    _, buried, event, reason = commands[0][1].splitlines()[1].split("\t")
    anyio.run(partial(bury, tmp_path / "relay.db", json.loads(event), buried=buried, reason=json.loads(reason)))
    environ = {"PATH": os.environ["PATH"], "RELAY_OUTBOX": f"sqlite:{tmp_path / 'relay.db'}"}
    for command, output in commands:
        result = subprocess.run(
            ["sh", "-c", re.sub(r"^python ", f"{sys.executable} ", command)],
            cwd=ROOT,
            env=environ,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )
        if output:  # that of `show` is a whole event, and left out
            assert result.stdout == output
        else:
            assert event in result.stdout
