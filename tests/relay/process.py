"""Runs the relay as its users do: a process of its own, that can be killed and started again on the same outbox."""

import os
import re
import ssl
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx

ROOT = Path(__file__).parents[2]
REPOSITORY = "acme/desired-state"
TOKEN = "the-token-of-the-cluster"


@dataclass(frozen=True, kw_only=True)
class Process:
    """A Python process of this project that serves HTTP, and what the kernel says of it."""

    url: str
    log: Path
    popen: subprocess.Popen[bytes]

    @property
    def address(self) -> str:
        """What Falcosidekick would be given."""
        return self.url.replace("//", f"//x:{TOKEN}@") + "/"

    def kill(self) -> None:
        """SIGKILL: no time for a last word."""
        self.popen.kill()
        self.popen.wait()

    def memory(self, field: str) -> int:
        """Bytes of VmRSS (now) or VmHWM (at most so far)."""
        match = re.search(rf"{field}:\s+(\d+) kB", Path(f"/proc/{self.popen.pid}/status").read_text())
        if match is None:
            raise ValueError(f"the kernel knows no {field}")
        return int(match[1]) * 1024

    def cpu_seconds(self) -> float:
        """Processor time of all its threads so far."""
        fields = Path(f"/proc/{self.popen.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def environment(folder: Path, *, api_url: str, token: str, settings: Mapping[str, str]) -> dict[str, str]:
    """The variables of a relay that keeps everything in `folder`."""
    (folder / "tokens.yaml").write_text(f"prod: {TOKEN}\n")
    return {
        "PATH": os.environ["PATH"],
        "RELAY_REPOSITORY": REPOSITORY,
        "RELAY_GITHUB_TOKEN": token,
        "RELAY_GITHUB_API_URL": api_url,
        "RELAY_TOKENS_FILE": str(folder / "tokens.yaml"),
        "RELAY_OUTBOX": f"sqlite:{folder / 'relay.db'}",
        "RELAY_PORT": "0",
        **settings,
    }


@contextmanager
def started(
    folder: Path,
    environ: Mapping[str, str],
    *,
    module: Sequence[str] = ("relay",),
    preparation: Callable[[], object] | None = None,
    tls: ssl.SSLContext | None = None,
) -> Iterator[Process]:
    """A process that serves; `preparation` runs in it first. Raise RuntimeError if it does not serve.

    `tls` is what whoever asks for HTTPS needs.
    """
    log = folder / f"{module[0]}-{time.monotonic_ns()}.log"
    with log.open("wb") as out:
        popen = subprocess.Popen(
            [sys.executable, "-m", *module], cwd=ROOT, env=environ, stdout=out, stderr=out, preexec_fn=preparation
        )
    try:
        yield Process(url=_ready(popen, log, tls), log=log, popen=popen)
    finally:
        popen.terminate()
        try:
            popen.wait(timeout=15)
        except subprocess.TimeoutExpired:
            popen.kill()
            raise


def _ready(popen: subprocess.Popen[bytes], log: Path, tls: ssl.SSLContext | None) -> str:
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline and popen.poll() is None:
        if message := re.search(r"running on (https?://127\.0\.0\.1:\d+)", log.read_text()):
            httpx.get(f"{message[1]}/readyz", verify=tls or True).raise_for_status()
            return message[1]
        time.sleep(0.005)
    raise RuntimeError(f"does not serve, exit code {popen.poll()}:\n{log.read_text()}")
