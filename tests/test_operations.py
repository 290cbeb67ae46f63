"""The guides under docs/ that tests can follow: operations, and the desired-state repository to begin with."""

import re
import subprocess
import sys
from functools import partial
from pathlib import Path

import anyio

from deploy import release
from relay.outbox.sqlite.outbox import SqliteOutbox
from responder.rules import parser
from tests.markdown import ROOT, blocks
from tests.relay.letters import ROOM, letter, names, opened

EXAMPLE = ROOT / "docs" / "examples" / "desired-state"


async def put(path: Path) -> SqliteOutbox:
    """Return an outbox, still open, in which two letters wait."""
    outbox = SqliteOutbox(
        path,
        coalesce_seconds=0.0,
        max_backlog=100,
        now=lambda: 1_000_000.0,
        observe_commit=lambda _: None,
        on_damage=lambda _: None,
    )
    await outbox.put([letter("a"), letter("b")])
    return outbox


async def copy_and_read(folder: Path, command: str) -> list[str]:
    """Return what waits in the copy that the command makes of an outbox in use."""
    outbox = await put(folder / "relay.db")
    try:
        await anyio.run_process(["sh", "-c", command])
    finally:
        await outbox.close()
    async with opened(folder / "copy.db") as copy:
        return names(await copy.claim(room=ROOM))


def test_a_copy_of_the_outbox_has_what_waits(tmp_path: Path) -> None:
    (block,) = blocks("docs/operations.md")
    command = block.text.replace("/var/lib/relay", str(tmp_path)).replace("python3", sys.executable)
    assert str(tmp_path) in command
    assert anyio.run(partial(copy_and_read, tmp_path, command)) == ["a", "b"]


def test_the_table_of_rotations_has_every_secret_of_the_overlays() -> None:
    text = (ROOT / "docs" / "operations.md").read_text()
    readme = (ROOT / "deploy" / "README.md").read_text()
    secrets = re.findall(r"^\| Secret `([\w-]+)` \|", readme, re.MULTILINE)
    assert len(secrets) == 4
    assert [name for name in secrets if f"`{name}`" not in text] == []


def test_the_example_names_the_workflows_of_a_release() -> None:
    text = (EXAMPLE / "README.md").read_text()
    assert [name for name in release.WORKFLOWS if f"`{name}`" not in text] == []


def test_the_rules_of_the_example_are_rules() -> None:
    ruleset = parser.parse((EXAMPLE / ".github" / "falco-response.yaml").read_bytes(), name="falco-response.yaml")
    assert [rule.name for rule in ruleset.rules] == ["a shell in a container"]
    assert (EXAMPLE / ruleset.clusters["prod"].path).is_dir()


def test_the_example_stops_at_nothing_that_it_does_not_have() -> None:
    paths = re.findall(r"^\| `([^`]+)` \|", (EXAMPLE / "README.md").read_text(), re.MULTILINE)
    assert len(paths) == 3
    assert [path for path in paths if not (EXAMPLE / path).exists()] == []


def test_a_backup_command_runs_in_the_image_without_a_shell() -> None:
    """Nothing but the interpreter, which the image has."""
    (block,) = blocks("docs/operations.md")
    assert re.fullmatch(r'python3 -Ic "[^"$`]*"\n', block.text)
    result = subprocess.run([sys.executable, "-Ic", "import sqlite3"], check=False)
    assert result.returncode == 0
