"""How the relay starts and stops, as a process and at a signal."""

import json
import signal
import socket
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from tests import sidekick
from tests.relay.process import ROOT, Process, environment
from tests.relay.rig import E02, FaultRig, Posting, until
from tests.relay.wire import Trouble


def stopped(process: Process) -> None:
    """SIGTERM, and the ten seconds that a container is given at the least."""
    process.popen.send_signal(signal.SIGTERM)
    process.popen.wait(timeout=10)


def ended(environ: Mapping[str, str]) -> subprocess.CompletedProcess[str]:
    """A relay that does not start."""
    command = [sys.executable, "-m", "relay"]
    return subprocess.run(command, cwd=ROOT, env=environ, capture_output=True, text=True, timeout=60, check=False)


def logged(process: Process) -> list[str]:
    return [json.loads(line)["event"] for line in process.log.read_text().splitlines()]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        pytest.param(
            "a: secret-secret-secret\nb: secret-secret-secret\n", "the same token for two clusters", id="twice"
        ),
        pytest.param("prod: [secret-secret-secret", "not YAML", id="no YAML"),
        pytest.param(None, "cannot be read: No such file", id="not there"),
    ],
)
def test_a_broken_tokens_file_is_a_settings_error(tmp_path: Path, content: str | None, message: str) -> None:
    environ = environment(tmp_path, api_url="http://127.0.0.1:9", token="t", settings={})
    tokens = tmp_path / "tokens.yaml"
    tokens.unlink()
    if content:
        tokens.write_text(content)
    relay = ended(environ)
    assert relay.returncode == 2
    assert relay.stderr.startswith("relay: RELAY_TOKENS_FILE ")
    assert message in relay.stderr
    assert "secret-secret" not in relay.stderr
    assert "Traceback" not in relay.stderr
    assert not (tmp_path / "relay.db").exists()


def test_an_address_that_is_taken_is_said(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = {"RELAY_PORT": str(other.getsockname()[1])}
        relay = ended(environment(tmp_path, api_url="http://127.0.0.1:9", token="t", settings=port))
    assert relay.returncode == 1
    assert "address already in use" in relay.stderr
    assert "Traceback" not in relay.stderr


def test_what_was_answered_202_under_load_outlives_a_stop(rig: FaultRig) -> None:
    with rig.relay() as process, Posting(rig) as posting:
        posting.process = process
        until(lambda: len(posting.accepted) > 200)
        stopped(process)
        posting.process = None
    assert logged(process)[-1] == f"Finished server process [{process.popen.pid}]"
    with rig.relay() as process:
        until(lambda: posting.accepted <= set(rig.heard))
    assert set(rig.heard) <= posting.sent
    assert max(rig.heard.values()) == 1


def test_a_stop_waits_for_neither_github_nor_clients_without_end(rig: FaultRig) -> None:
    request = sidekick.request(E02, address="http://x:the-token-of-the-cluster@relay:80/", event_id="slow")
    rig.befall(Trouble.HANG)
    with rig.relay() as process, Posting(rig, pause=0.01) as posting:
        posting.process = process
        url = urlsplit(process.url)
        with socket.create_connection((url.hostname, url.port or 0)) as slow:
            slow.sendall(request[:-10])
            until(lambda: rig.wire.arrivals and len(posting.accepted) > 20)
            stopped(process)
        posting.process = None
    assert rig.heard == {}
    with rig.relay() as process:
        until(lambda: posting.accepted <= set(rig.heard))
    assert "slow" not in rig.heard


def test_the_first_lines_say_what_starts_and_what_to_look_at(rig: FaultRig) -> None:
    with rig.relay() as process:
        first, second = [json.loads(line) for line in process.log.read_text().splitlines()[:2]]
    assert (first["event"], first["repository"], first["topology"]) == ("starts", "acme/desired-state", "outside")
    assert (second["event"], second["level"]) == ("look at the settings", "warning")
    assert "the relay listens on 127.0.0.1 alone" in second["detail"]
