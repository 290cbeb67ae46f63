"""A file that a relay cannot take for its outbox: it refuses to start, in words, and leaves the file as it is."""

import json
import random
import sqlite3
import subprocess
import sys

import pytest

from tests.relay.process import ROOT, environment
from tests.relay.rig import FaultRig, until

CHANCE = random.Random()  # noqa: S311  # breaks things, guards nothing


def refusal(rig: FaultRig) -> str:
    """What a relay says that does not start, in the end."""
    environ = environment(rig.folder, api_url=rig.wire.url, token="t", settings={})
    command = [sys.executable, "-m", "relay"]
    ended = subprocess.run(command, cwd=ROOT, env=environ, capture_output=True, text=True, timeout=60, check=False)
    assert ended.returncode == 1
    assert "Traceback" not in ended.stderr
    [message] = [line for line in map(json.loads, ended.stderr.splitlines()) if line["event"] == "refuses to start"]
    return str(message["detail"])


@pytest.mark.parametrize(
    ("at", "content", "message"),
    [
        pytest.param(0, b"something else", "file is not a database", id="not a database"),
        pytest.param(16384, CHANCE.randbytes(32768), "damaged", id="pages overwritten"),
        pytest.param(60, b"\0\0\0\x63", "newer relay", id="of a newer relay"),
    ],
)
def test_an_outbox_that_cannot_be_trusted_is_refused_in_words_and_left_as_it_is(
    rig: FaultRig, at: int, content: bytes, message: str
) -> None:
    with rig.relay() as process:
        assert rig.post(process, "a") == 202
    path = rig.folder / "relay.db"
    sqlite3.connect(path).close()  # whoever closes last takes the log of writes into the file
    assert not path.with_name("relay.db-wal").exists()
    spoiled = bytearray(path.read_bytes())
    spoiled[at : at + len(content)] = content
    path.write_bytes(spoiled)
    assert message in refusal(rig)
    assert path.read_bytes() == spoiled


def test_an_outbox_that_another_program_holds_is_refused_and_works_again_later(rig: FaultRig) -> None:
    with rig.relay() as process:
        assert rig.post(process, "a") == 202
        assert "another relay uses the outbox" in refusal(rig)
        until(lambda: rig.heard)
    other = sqlite3.connect(rig.folder / "relay.db", isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    assert "database is locked. If another program holds it, stop that one" in refusal(rig)
    other.close()
    with rig.relay() as process:
        assert rig.post(process, "b") == 202
        until(lambda: rig.heard == {"a": 1, "b": 1})
