"""The image of the relay: what is in it, and that it runs as the manifests run it."""

import os
import re
import signal
import ssl
import stat
import subprocess
import time
from importlib import metadata
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests import sidekick
from tests.deploy import mounts, rendering
from tests.deploy.image import Image, build
from tests.deploy.rendering import DEPLOY
from tests.deploy.test_settings import VERSION
from tests.localhub import Hub
from tests.relay.process import REPOSITORY, ROOT

pytestmark = [pytest.mark.slow, pytest.mark.timeout(1800)]  # the first build makes a Debian


@pytest.fixture(scope="module")
def image() -> Image:
    return build()


def files(image: Image) -> list[Path]:
    return [path for path in image.root.rglob("*") if path.is_file() and not path.is_symlink()]


def test_python_is_the_only_program(image: Image) -> None:
    programs = {
        path.relative_to(image.root).as_posix()
        for path in files(image)
        if os.access(path, os.X_OK) and path.read_bytes()[:4] == b"\x7fELF" and ".so" not in path.name
    }
    assert [re.sub(r"\d+$", "N", program) for program in programs] == ["usr/bin/python3.N"]


def test_there_is_no_shell_and_no_package_manager(image: Image) -> None:
    unwelcome = {"sh", "bash", "dash", "busybox", "apt", "apt-get", "dpkg", "pip", "pip3", "uv"}
    assert [path for path in image.root.rglob("*") if path.name in unwelcome] == []


def test_every_interpreter_line_leads_into_the_image(image: Image) -> None:
    scripts = [path for path in (image.root / "opt/relay/bin").iterdir() if not path.is_symlink()]
    lines = {path.read_bytes().splitlines()[0] for path in scripts if path.read_bytes()[:2] == b"#!"}
    assert lines <= {b"#!/opt/relay/bin/python3", b"#!/opt/relay/bin/python"}


def test_nothing_gives_more_rights_to_who_runs_it(image: Image) -> None:
    assert [path for path in files(image) if path.stat().st_mode & (stat.S_ISUID | stat.S_ISGID)] == []


def test_only_the_outbox_belongs_to_the_user_of_the_image(image: Image) -> None:
    user = int(image.config["User"].split(":")[0])
    assert user == rendering.pod(rendering.overlay("inside"))["securityContext"]["runAsUser"]
    owned = [path.relative_to(image.root).as_posix() for path in image.root.rglob("*") if path.lstat().st_uid == user]
    assert owned == ["var/lib/relay"]


def test_it_holds_the_packages_of_the_lock_and_the_relay(image: Image) -> None:
    (packages,) = image.root.glob("opt/relay/lib/python3.*/site-packages")
    installed = {
        item.name.lower().replace("_", "-"): item.version for item in metadata.distributions(path=[str(packages)])
    }
    pins = re.findall(r"^([\w.-]+)==(\S+)", (DEPLOY / "requirements.txt").read_text(), re.MULTILINE)
    assert installed == {**{name.lower(): version for name, version in pins}, "falco-dispatch": VERSION}


def test_its_entry_point_does_not_look_for_modules_in_the_volume(image: Image) -> None:
    assert image.config["Entrypoint"] == ["/opt/relay/bin/python3", "-I", "-m", "relay"]
    assert image.config["WorkingDir"] == "/var/lib/relay"


def wait_for_address(process: subprocess.Popen[bytes], log: Path) -> str:
    """Return the port at which the relay listens on every address, as an address of this machine."""
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline and process.poll() is None:
        if match := re.search(r"running on https://0\.0\.0\.0:(\d+)", log.read_text()):
            return f"https://127.0.0.1:{match[1]}"
        time.sleep(0.05)
    raise AssertionError(f"it does not serve; exit code {process.poll()}:\n{log.read_text()}")


def mount_table(process: subprocess.Popen[bytes]) -> list[str]:
    """Return the mounts that the process sees: in each line the fifth field is the path, the sixth the options."""
    return Path(f"/proc/{process.pid}/mountinfo").read_text().splitlines()


def test_it_runs_with_a_read_only_root_takes_an_event_and_ends(image: Image, tmp_path: Path) -> None:
    """With the variables and files of overlays/outside; GitHub is the local one."""
    variables = rendering.environment(rendering.overlay("outside"))
    mounts.materialize(variables, tmp_path)
    volume = tmp_path / "volume"
    volume.mkdir()
    log = tmp_path / "log"
    with Hub.start(tmp_path / "hub", action_source=ROOT) as hub:
        hub.create_repository(REPOSITORY, files={"README.md": b""})
        token = hub.create_token(REPOSITORY, permissions={"contents": "write"})
        (tmp_path / "run/secrets/github/token").write_text(token)
        environ = {**variables, "RELAY_REPOSITORY": REPOSITORY, "RELAY_GITHUB_API_URL": hub.api_url, "RELAY_PORT": "0"}
        with image.run(environ, volume=volume, secrets=tmp_path / "run/secrets", log=log) as process:
            address = wait_for_address(process, log)
            points = {line.split()[4]: line.split()[5] for line in mount_table(process)}
            assert [points[path].split(",")[0] for path in ("/", "/run/secrets", "/var/lib/relay")] == [
                "ro",
                "ro",
                "rw",
            ]
            trust = ssl.create_default_context(cafile=tmp_path / "run/secrets/tls/ca.crt")
            event: dict[str, Any] = sidekick.falco_events()["E02"]
            with httpx.Client(base_url=address, verify=trust, timeout=30) as client:
                assert client.get("/readyz").status_code == 200
                answer = client.post("/", json=event, headers={"Authorization": f"Bearer {mounts.CALLER}"})
            assert (answer.status_code, answer.json()["accepted"]) == (202, 1), log.read_text()
            deadline = time.monotonic() + 30
            while not [request for request in hub.requests if request.status == 204]:
                assert time.monotonic() < deadline, log.read_text()
                time.sleep(0.05)
            process.send_signal(signal.SIGTERM)
            # uvicorn raises the signal anew when it has shut down; the first process of a container survives that.
            assert process.wait(timeout=15) in (0, -signal.SIGTERM), log.read_text()
    assert "Application shutdown complete." in log.read_text()
    assert (volume / "relay.db").stat().st_uid == int(image.config["User"].split(":")[0])
    assert list(image.root.glob("var/lib/relay/*")) == []
