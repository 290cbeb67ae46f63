"""Real nats-servers for tests: one by itself, or three as a cluster."""

import os
import re
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

import pytest

_BUILT = Path(__file__).parent.parent.parent / ".tools" / "bin" / "nats-server"
_OLDEST = (2, 12)


@cache
def executable() -> tuple[str, str]:
    """The nats-server that there is and what it says of itself; skips the test if there is none that will do."""
    program = str(_BUILT) if _BUILT.exists() else shutil.which("nats-server")
    if program is None:
        pytest.skip("no nats-server: `make setup` builds it where Go is, or put one from 2.12 on on the PATH")
    message = subprocess.run([program, "--version"], capture_output=True, text=True, check=True).stdout.strip()
    version = re.search(r"v(\d+)\.(\d+)", message)
    if version is None or (int(version[1]), int(version[2])) < _OLDEST:
        pytest.skip(f"{program} is {message}: the relay needs 2.12 or later; `make setup` builds one where Go is")
    return program, message


@dataclass
class Node:
    """One server, which may be killed and started again on what it has stored."""

    name: str
    folder: Path
    port: int
    routes: Sequence[int] = ()
    route: int = 0
    jetstream: bool = True
    room: str = "10GB"
    process: subprocess.Popen[bytes] | None = field(default=None, repr=False)

    @property
    def address(self) -> str:
        return f"nats://127.0.0.1:{self.port}"

    def start(self) -> None:
        command = [executable()[0], "--config", str(self._configured())]
        with (self.folder / "log").open("ab") as log:
            self.process = subprocess.Popen(command, stdout=log, stderr=log)

    def wait(self) -> None:
        """Until it takes connections."""
        deadline = time.monotonic() + 30
        while True:
            try:
                socket.create_connection(("127.0.0.1", self.port), timeout=5).close()
            except OSError:
                assert time.monotonic() < deadline, (self.folder / "log").read_text()
                time.sleep(0.02)
            else:
                return

    def stop(self, with_signal: signal.Signals = signal.SIGKILL) -> None:
        if self.process is not None:
            os.kill(self.process.pid, with_signal)
            self.process.wait()
            self.process = None

    def _configured(self) -> Path:
        self.folder.mkdir(parents=True, exist_ok=True)
        lines = [
            f'server_name: "{self.name}"',
            f"listen: 127.0.0.1:{self.port}",
        ]
        if self.jetstream:
            lines.append(f'jetstream {{ store_dir: "{self.folder}/data", max_file_store: {self.room} }}')
        if self.routes:
            routes = ", ".join(f'"nats://127.0.0.1:{port}"' for port in self.routes)
            lines.append(f'cluster {{ name: "test", listen: "127.0.0.1:{self.route}", routes: [{routes}] }}')
        path = self.folder / "server.conf"
        path.write_text("\n".join(lines) + "\n")
        return path


@contextmanager
def server(folder: Path, *, jetstream: bool = True, room: str = "10GB") -> Iterator[Node]:
    """One server that runs, with room for that much in its streams."""
    node = Node("alone", folder, _free_ports(1)[0], jetstream=jetstream, room=room)
    try:
        node.start()
        node.wait()
        yield node
    finally:
        node.stop()


@contextmanager
def cluster(folder: Path) -> Iterator[list[Node]]:
    """Three servers that run and know each other; all of them are killed at the end."""
    ports, routes = _free_ports(3), _free_ports(3)
    nodes = [
        Node(f"n{number}", folder / f"n{number}", port, routes, route)
        for number, (port, route) in enumerate(zip(ports, routes, strict=True))
    ]
    with ExitStack() as stack:
        for node in nodes:
            stack.callback(node.stop)
            node.start()
        for node in nodes:
            node.wait()
        yield nodes


def addresses(nodes: Sequence[Node]) -> str:
    """As RELAY_OUTBOX takes them."""
    return ",".join(node.address for node in nodes)


def _free_ports(count: int) -> list[int]:
    """Ports that were free a moment ago: a cluster's servers must know each other's before they start."""
    with ExitStack() as stack:
        sockets = [stack.enter_context(socket.socket()) for _ in range(count)]
        for node in sockets:
            node.bind(("127.0.0.1", 0))
        return [node.getsockname()[1] for node in sockets]
