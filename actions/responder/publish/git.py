"""The few git operations that a response needs, on the checkout of the desired-state repository.

The token is only ever in the environment of the git process that talks to the remote: not in argv, not on disk.
"""

import base64
import os
import re
import signal
import subprocess
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path, PurePosixPath
from urllib.parse import urlsplit

from ..errors import GitFailed, PushLost, PushRefused
from ..escape import one_line

AUTHOR = "falco-dispatch"
# The address of GitHub's own bot account, so that the commit shows its avatar.
EMAIL = "41898282+github-actions[bot]@users.noreply.github.com"

# What git says when the branch moved under a push, or another push holds it just now: worth planning again.
_LOST_RACE = (
    "fetch first",
    "non-fast-forward",
    "stale info",
    "cannot lock ref",
    "failed to update ref",
    "incorrect old value",
)


@dataclass(frozen=True, kw_only=True)
class Git:
    """A checkout, its remote `origin` and the credential for it. `environ` is what each git process gets."""

    root: Path
    token: str = field(default="", repr=False)
    environ: Mapping[str, str] = field(repr=False)
    time_limit: float = 180.0  # seconds for one command

    def top(self) -> Path:
        """Return the root of the checkout that `root` lies in."""
        return Path(self._run("rev-parse", "--show-toplevel").rstrip("\n"))

    @cached_property
    def remote_url(self) -> str:
        """Return the address of the remote, without credentials that it may hold."""
        address = self._run("remote", "get-url", "origin").strip()
        return re.sub(r"(?<=://)[^/@]*@", "", address)

    def head(self) -> str:
        """Return the SHA of the commit that is checked out."""
        return self._run("rev-parse", "HEAD").strip()

    def messages_since(self, moment: float, branch: str) -> list[str]:
        """Return the messages of the commits since a moment, the newest first; `moment` is in seconds since the epoch.

        A shallow checkout is deepened as far as necessary. Most often its last commit is older already.
        """
        if float(self._run("log", "--max-count=1", "--format=%ct")) < moment:
            return []
        since = f"@{moment:.0f} +0000"  # git guesses what a number alone means
        if self._run("rev-parse", "--is-shallow-repository").strip() == "true":
            options = ("--no-tags", f"--shallow-since={since}", "origin", f"refs/heads/{branch}")
            self._run("fetch", "--quiet", *options, remote=True)
        return self._run("log", "-z", "--format=%B", f"--since={since}").strip("\0").split("\0")

    def diff(self, paths: Sequence[PurePosixPath]) -> str:
        """Return what the work tree changes in `paths`, as a unified diff. It shows new files too."""
        self._run("add", "--intent-to-add", "--", *(str(path) for path in paths if (self.root / path).exists()))
        return self._run("diff", "--no-color", "--no-ext-diff", "HEAD", "--", *map(str, paths))

    def unstage(self, paths: Sequence[PurePosixPath]) -> None:
        """Take the new files that `diff` has added to the index out of it."""
        if paths:
            self._run("reset", "--quiet", "--", *map(str, paths))

    def commit(self, paths: Sequence[PurePosixPath], message: str) -> str:
        """Commit `paths` of the work tree, and nothing else that may be staged. Return the SHA."""
        self._run("add", "--", *map(str, paths))
        self._run("commit", "--quiet", "--no-verify", "--file=-", "--", *map(str, paths), stdin=message)
        return self.head()

    def stage(self, paths: Sequence[PurePosixPath]) -> list[PurePosixPath]:
        """Stage `paths` of the work tree, and return those that exist."""
        self._run("add", "--", *map(str, paths))
        return [path for path in paths if (self.root / path).exists()]

    def blob(self, path: PurePosixPath) -> bytes:
        """Return a staged file as git stores it. Attributes can make it differ from the file in the work tree."""
        result = self._raw("cat-file", "blob", f":./{path}")
        if result.returncode != 0:
            raise GitFailed("cat-file", one_line(result.stderr.decode(errors="replace"), limit=2000))
        return result.stdout

    def path_in_repository(self, path: PurePosixPath) -> str:
        """Return a path below `root` as a path below the root of the repository."""
        return self._run("rev-parse", "--show-prefix").rstrip("\n") + str(path)

    def has_branch(self, branch: str) -> bool:
        """Return whether the remote has the branch now."""
        return bool(self._run("ls-remote", "--heads", "origin", f"refs/heads/{branch}", remote=True))

    def push(self, branch: str) -> None:
        """Push the checked-out commit to `branch`, never by force.

        Raises PushLost if the branch has moved on, PushRefused if the remote does not want the commit at all.
        """
        result = self._start("push", "--porcelain", "origin", f"HEAD:refs/heads/{branch}", remote=True)
        if result.returncode == 0:
            return
        output = result.stdout + result.stderr
        if any(reason in output for reason in _LOST_RACE):
            raise PushLost(branch)
        raise PushRefused(branch, one_line(self._without_token(output), limit=2000))

    def response_commits(self) -> Iterator[tuple[str, str]]:
        """Yield SHA and message of the commits up to HEAD that may record responses, the newest first.

        The history of a shallow checkout is fetched first.
        """
        if self._run("rev-parse", "--is-shallow-repository").strip() == "true":
            self._run("fetch", "--quiet", "--no-tags", "--unshallow", "origin", remote=True)
        log = self._run("log", "-z", "--grep=^CloudEvent-Id: ", "--format=%H%n%B").strip("\0")
        for entry in log.split("\0") if log else ():
            sha, _, message = entry.partition("\n")
            yield sha, message

    def show(self, commit: str, path: PurePosixPath) -> bytes | None:
        """Return a file as of a commit, None if the commit does not have it."""
        result = self._raw("show", f"{commit}:{self.path_in_repository(path)}")
        return result.stdout if result.returncode == 0 else None

    def merge(self, current: bytes, ancestor: bytes, other: bytes) -> bytes | None:
        """Return two texts with the same ancestor as one, None if their changes touch."""
        with tempfile.TemporaryDirectory() as folder:
            names = []
            for name, data in (("current", current), ("ancestor", ancestor), ("other", other)):
                Path(folder, name).write_bytes(data)
                names.append(str(Path(folder, name)))
            result = self._raw("merge-file", "--stdout", "--quiet", *names)
        return result.stdout if result.returncode == 0 else None

    def reset_to_tip(self, branch: str) -> None:
        """Drop the local commit and check out the tip of `branch` as the remote has it now."""
        is_shallow = self._run("rev-parse", "--is-shallow-repository").strip() == "true"
        depth = ["--depth=1"] if is_shallow else []  # the branch may have left this one long ago
        self._run("fetch", "--quiet", "--no-tags", *depth, "origin", f"refs/heads/{branch}", remote=True)
        self._run("reset", "--quiet", "--hard", "FETCH_HEAD")

    def _run(self, *arguments: str, stdin: str = "", remote: bool = False) -> str:
        result = self._start(*arguments, stdin=stdin, remote=remote)
        if result.returncode != 0:
            raise GitFailed(arguments[0], one_line(self._without_token(result.stderr), limit=2000))
        return result.stdout

    def _start(self, *arguments: str, stdin: str = "", remote: bool = False) -> subprocess.CompletedProcess[str]:
        result = self._raw(*arguments, stdin=stdin.encode(), remote=remote)
        out, err = (output.decode(errors="replace") for output in (result.stdout, result.stderr))
        return subprocess.CompletedProcess(result.args, result.returncode, out, err)

    def _raw(self, *arguments: str, stdin: bytes = b"", remote: bool = False) -> subprocess.CompletedProcess[bytes]:
        # safe.directory: in a container job the checkout belongs to another user.
        command = ["git", "-c", "safe.directory=*", *arguments]
        environ = {
            **self.environ,
            "GIT_TERMINAL_PROMPT": "0",
            "GIT_PAGER": "cat",
            "GIT_AUTHOR_NAME": AUTHOR,
            "GIT_AUTHOR_EMAIL": EMAIL,
            "GIT_COMMITTER_NAME": AUTHOR,
            "GIT_COMMITTER_EMAIL": EMAIL,
            "LC_ALL": "C",  # the messages are read above
        }
        if remote and self.token:
            environ |= self._credential()
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
        return subprocess.CompletedProcess(command, process.returncode, out, err)

    def _credential(self) -> dict[str, str]:
        """Return the token as configuration in the environment, if the remote is reached over HTTP.

        The empty value first clears what actions/checkout may have left under the same key; two would be an error.
        """
        address = urlsplit(self.remote_url)
        if address.scheme not in ("http", "https"):
            return {}
        basic = base64.b64encode(f"x-access-token:{self.token}".encode()).decode()
        key = f"http.{address.scheme}://{address.netloc}/.extraheader"
        return {
            "GIT_CONFIG_COUNT": "2",
            "GIT_CONFIG_KEY_0": key,
            "GIT_CONFIG_VALUE_0": "",
            "GIT_CONFIG_KEY_1": key,
            "GIT_CONFIG_VALUE_1": f"Authorization: Basic {basic}",
        }

    def _without_token(self, text: str) -> str:
        return text.replace(self.token, "***") if self.token else text
