"""Processes of this machine: started in a session of their own, so that Ctrl-C reaches the tests alone, and ended.

Does not decide what is started.
"""

import os
import socket
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TypeVar

from . import programs

T = TypeVar("T")


def wait_until(condition: Callable[[], T], what: str, *, timeout: float = 60, pause: float = 0.1) -> T:
    """Return what the condition returns as soon as that is true. Raise TimeoutError."""
    deadline = time.monotonic() + timeout
    while not (value := condition()):
        if time.monotonic() > deadline:
            raise TimeoutError(f"not after {timeout} s: {what}")
        time.sleep(pause)
    return value


def free_port() -> int:
    """Return a port of the loopback interface that nothing listens on."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return int(listener.getsockname()[1])


def listens(port: int) -> bool:
    """Return whether something accepts connections on a port of the loopback interface."""
    try:
        socket.create_connection(("127.0.0.1", port), timeout=1).close()
    except OSError:
        return False
    return True


@contextmanager
def start(
    name: str,
    *arguments: str,
    logs: Path,
    is_ready: Callable[[], bool],
    environ: Mapping[str, str] | None = None,
    program: str | None = None,
) -> Iterator[subprocess.Popen[bytes]]:
    """Start a program, wait until it is ready, and end it after the block. Raise RuntimeError with its log's end."""
    log = logs / f"{name}.log"
    environ = {"PATH": os.environ["PATH"], "HOME": str(logs), **(environ or {})}
    command: Sequence[str] = [program or programs.path(name), *arguments]
    with log.open("wb") as out:
        process = subprocess.Popen(
            command, env=environ, stdin=subprocess.DEVNULL, stdout=out, stderr=out, start_new_session=True
        )
    try:
        wait_until(lambda: process.poll() is not None or is_ready(), f"{name} is ready", timeout=120)
        if process.poll() is not None:
            raise RuntimeError(f"{name} does not start:\n{log.read_text()[-4000:]}")
        yield process
    finally:
        process.terminate()
        try:
            process.wait(timeout=10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
