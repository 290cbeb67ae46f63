"""Runs git in a checkout, with the credential for its remote and within a time limit. Decides nothing else.

Every command has the credential: in a partial clone most of them can fetch what they read. The token is only ever in
the environment of git's own processes: not in argv, not on disk.
"""

import base64
import os
import re
import signal
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from urllib.parse import urlsplit

from ..errors import GitFailed
from ..escape import one_line
from . import settings


@dataclass(frozen=True, kw_only=True)
class GitProcess:
    """A checkout, its remote `origin` and the credential for it. `environ` is the environment of the runner."""

    root: Path
    token: str = field(default="", repr=False)
    environ: Mapping[str, str] = field(repr=False)
    time_limit: float = 180.0  # seconds for one command

    @cached_property
    def remote_url(self) -> str:
        """Return the address of the remote, without credentials that it may hold."""
        environ = settings.environment(self.environ)
        address = self._checked(self._execute(["remote", "get-url", "origin"], b"", environ)).decode().strip()
        return re.sub(r"(?<=://)[^/@]*@", "", address)

    def run(self, *arguments: str, stdin: str = "", environ: Mapping[str, str] | None = None) -> str:
        """Return what a git command prints. Raise GitFailed if it fails."""
        return self.read(*arguments, stdin=stdin.encode(), environ=environ).decode(errors="replace")

    def read(self, *arguments: str, stdin: bytes = b"", environ: Mapping[str, str] | None = None) -> bytes:
        """Return the bytes that a git command prints. Raise GitFailed if it fails."""
        return self._checked(self.attempt(*arguments, stdin=stdin, environ=environ))

    def attempt(
        self, *arguments: str, stdin: bytes = b"", environ: Mapping[str, str] | None = None
    ) -> subprocess.CompletedProcess[bytes]:
        """Run a git command and return how it ended. Raise GitFailed if it takes too long."""
        base = {**settings.environment(self.environ), **(environ or {})}
        return self._execute(arguments, stdin, settings.with_configuration(base, self._credential))

    def without_token(self, text: str) -> str:
        """Return the text with the token masked."""
        return text.replace(self.token, "***") if self.token else text

    def _checked(self, result: "subprocess.CompletedProcess[bytes]") -> bytes:
        if result.returncode != 0:
            message = self.without_token(result.stderr.decode(errors="replace"))
            raise GitFailed(result.args[0], one_line(message, limit=2000))
        return result.stdout

    def _execute(
        self, arguments: Sequence[str], stdin: bytes, environ: Mapping[str, str]
    ) -> "subprocess.CompletedProcess[bytes]":
        command = ["git", *settings.options(), *arguments]
        # A session of its own: git starts helpers for the transport, and all of them have to end at the limit.
        process = subprocess.Popen(  # noqa: S603 - an argument list, no shell, and no event text in it
            command,
            cwd=self.root,
            env=environ,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            start_new_session=True,
        )
        with process:
            try:
                out, err = process.communicate(stdin, timeout=self.time_limit)
            except subprocess.TimeoutExpired as error:
                raise GitFailed(arguments[0], f"it took more than {self.time_limit:g} seconds") from error
            finally:
                if process.returncode is None:
                    os.killpg(process.pid, signal.SIGKILL)
        return subprocess.CompletedProcess(arguments, process.returncode, out, err)

    @cached_property
    def _credential(self) -> list[tuple[str, str]]:
        """Return the token as settings of git, if the remote is reached over HTTP.

        The empty value first clears what actions/checkout may have left under the same key; two would be an error.
        """
        address = urlsplit(self.remote_url) if self.token else None
        if address is None or address.scheme not in ("http", "https"):
            return []
        basic = base64.b64encode(f"x-access-token:{self.token}".encode()).decode()
        key = f"http.{address.scheme}://{address.netloc}/.extraheader"
        return [(key, ""), (key, f"Authorization: Basic {basic}")]
