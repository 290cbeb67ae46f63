"""README.md's recipe for a damaged outbox, as it is written there."""

import re
import shutil
import sqlite3
import subprocess
from pathlib import Path

import pytest

from relay.errors import StorageUnusable
from relay.outbox.protocol import Letter
from relay.outbox.sqlite import database
from tests.relay.letters import drained, letter, names, opened

pytestmark = pytest.mark.anyio

README = Path(database.__file__).parents[2] / "README.md"
PAGE = 16384
COUNT = 200
SETTLED = 10


def follow_recipe(folder: Path) -> None:
    """Run the commands for a damaged outbox."""
    text = README.read_text()
    block = text[text.index("To save what can be saved from a damaged") :].split("```")[1]
    commands = re.findall(r"^\$ (.+)$", block, re.MULTILINE)
    assert len(commands) == 2
    for command in commands:
        subprocess.run(command, shell=True, cwd=folder, check=True)  # noqa: S602  # as an operator types it


def large(number: int) -> Letter:
    """Some of them fill a page."""
    document = b'{"id": "letter-%03d", "x": "%b"}' % (number, b"x" * 3000)
    return Letter(b"%03d" % number, None, document, 1)


@pytest.fixture
async def folder(tmp_path: Path) -> Path:
    """What a killed relay has left, part of it in the write-ahead log, and then a page of letters was damaged."""
    (folder := tmp_path / "state").mkdir()
    async with opened(tmp_path / "relay.db", max_backlog=1000) as outbox:
        await outbox.put([large(number) for number in range(COUNT - 1)])
        await outbox.settle(await outbox.claim(room=SETTLED))
        connection = sqlite3.connect(tmp_path / "relay.db")
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        connection.close()
        await outbox.put([large(COUNT - 1)])
        copy_files(tmp_path, folder)
    return folder


def copy_files(source: Path, destination: Path) -> None:
    for path in source.glob("relay.db*"):
        shutil.copy(path, destination)


def damage(path: Path) -> None:
    content = bytearray(path.read_bytes())
    page = content.index(b"letter-100") // PAGE
    content[page * PAGE : (page + 1) * PAGE] = b"\xff" * PAGE
    path.write_bytes(content)


@pytest.mark.skipif(shutil.which("sqlite3") is None, reason="the recipe needs SQLite's command line (Debian: sqlite3)")
async def test_the_recipe_saves_what_is_not_on_damaged_pages(folder: Path) -> None:
    damage(folder / "relay.db")
    with pytest.raises(StorageUnusable):
        async with opened(folder / "relay.db"):
            pass
    follow_recipe(folder)
    async with opened(folder / "relay.db", max_backlog=1000) as outbox:
        ids = names(await drained(outbox))
        assert await outbox.put([letter("new")])
    assert len(set(ids)) == len(ids)
    assert set(ids) <= {f"letter-{number:03}" for number in range(SETTLED, COUNT)}
    assert len(ids) >= COUNT - SETTLED - 10
    assert ids[-1] == f"letter-{COUNT - 1}", "it is in the write-ahead log only"
