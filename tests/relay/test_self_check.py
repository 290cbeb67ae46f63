"""What `check` finds out on this machine, before it asks GitHub."""

import socket
from pathlib import Path
from typing import Any

import anyio
import pytest

from relay import self_check
from relay.finding import Grade
from relay.outbox.sqlite.database import open_database
from relay.settings import Settings

pytestmark = pytest.mark.anyio


def settings(**values: Any) -> Settings:
    return Settings(repository="acme/state", **values)


def test_a_free_address_is_fine() -> None:
    finding = self_check.address(settings(host="127.0.0.1", port=0))
    assert (finding.grade, finding.message) == (Grade.OK, "127.0.0.1:0, without TLS")


def test_an_address_in_use_may_be_the_relay() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        finding = self_check.address(settings(host="127.0.0.1", port=server.getsockname()[1]))
    assert finding.grade is Grade.OK
    assert "a program listens there" in finding.message


@pytest.mark.parametrize("host", ["192.0.2.1", "no-such-host.invalid"])
def test_an_address_of_another_machine_is_a_failure(host: str) -> None:
    finding = self_check.address(settings(host=host, port=0))
    assert finding.grade is Grade.FAIL
    assert "cannot listen there" in finding.message


@pytest.mark.parametrize(
    ("content", "grade", "message"),
    [
        pytest.param("prod: a-long-random-token-1\n", Grade.OK, "1 cluster has a token", id="one"),
        pytest.param(
            "prod: a-long-random-token-1\nstaging: a-long-random-token-2\n", Grade.OK, "2 clusters have", id="two"
        ),
        pytest.param("prod: short\n", Grade.FAIL, "16 characters or more", id="short"),
        pytest.param("[", Grade.FAIL, "not YAML", id="no YAML"),
    ],
)
def test_callers_are_counted(content: str, grade: Grade, message: str, tmp_path: Path) -> None:
    (tmp_path / "callers.yaml").write_text(content)
    finding = self_check.caller_count(settings(tokens_file=tmp_path / "callers.yaml"))
    assert finding.grade is grade
    assert message in finding.message


def test_callers_without_tokens_are_a_warning() -> None:
    assert self_check.caller_count(settings(allow_anonymous=True)).grade is Grade.WARN


async def test_an_outbox_says_what_is_in_it(tmp_path: Path) -> None:
    path = tmp_path / "relay.db"
    open_database(path).close()
    finding = await self_check.outbox(settings(outbox=f"sqlite:{path}"))
    assert (finding.grade, finding.message) == (Grade.OK, f"{path}: 0 waiting, 0 dead")


async def test_an_outbox_that_is_not_there_yet_is_not_made(tmp_path: Path) -> None:
    finding = await self_check.outbox(settings(outbox=f"sqlite:{tmp_path / 'relay.db'}"))
    assert finding.grade is Grade.OK
    assert not await anyio.Path(tmp_path / "relay.db").exists()


async def test_an_outbox_in_a_folder_that_does_not_exist_is_a_failure(tmp_path: Path) -> None:
    finding = await self_check.outbox(settings(outbox=f"sqlite:{tmp_path}/absent/relay.db"))
    assert finding.grade is Grade.FAIL
    assert "set RELAY_OUTBOX to a file on a volume" in finding.message


async def test_a_file_that_is_no_outbox_is_a_failure(tmp_path: Path) -> None:
    (tmp_path / "relay.db").write_bytes(b"hello" * 1000)
    finding = await self_check.outbox(settings(outbox=f"sqlite:{tmp_path / 'relay.db'}"))
    assert finding.grade is Grade.FAIL
    assert "cannot be read" in finding.message


async def test_one_server_of_nats_that_answers_is_enough() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        finding = await self_check.outbox(settings(outbox=f"nats://u:secret@127.0.0.1:9,nats://127.0.0.1:{port}"))
    assert (finding.grade, finding.message) == (Grade.OK, f"NATS at 127.0.0.1:{port} answers")


async def test_servers_of_nats_that_do_not_answer_are_a_failure_without_the_password() -> None:
    finding = await self_check.outbox(settings(outbox="nats://u:secret@127.0.0.1:9"))
    assert finding.grade is Grade.FAIL
    assert "127.0.0.1:9" in finding.message
    assert "secret" not in finding.message
