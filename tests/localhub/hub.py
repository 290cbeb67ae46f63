"""Starts the local GitHub on a free port, and is the handle of those who use it."""

import shutil
import socket
import subprocess
import tempfile
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import uvicorn

from . import backend
from .act import Act, environment
from .app import create_app
from .apps import App
from .limits import RateLimit
from .model import Fault, Repository, Request, Run, Token
from .runs import Runs
from .state import State
from .steps import Steps

_AUTHOR = ("-c", "user.name=Somebody", "-c", "user.email=somebody@example.com")


class Hub:
    """A running local GitHub."""

    def __init__(self, root: Path, state: State) -> None:
        self._root = root
        self._state = state

    @classmethod
    @contextmanager
    def start(
        cls, root: Path, *, action_source: Path, act: str | None = None, parallel: int = 1, port: int = 0
    ) -> "Iterator[Hub]":
        """Serve below `root` until the end of the block.

        Workflows run through the binary `act`, or through the hub's own runner where it is None; the action itself is
        taken from the checkout at `action_source`.
        """
        root.mkdir(parents=True, exist_ok=True)
        listener = socket.create_server(("127.0.0.1", port))
        url = f"http://127.0.0.1:{listener.getsockname()[1]}"
        tokens: dict[str, Token] = {}
        action = root / "action-source"  # act copies the whole folder for each run: the actions alone are enough
        shutil.copytree(action_source / "actions", action / "actions", ignore=shutil.ignore_patterns("__pycache__"))
        runner = Act(act, action) if act else Steps(action)
        runs = Runs(root, runner, api_url=url, parallel=parallel, tokens=tokens)
        state = State(url=url, runs=runs, tokens=tokens)
        server = uvicorn.Server(uvicorn.Config(create_app(state), log_level="error", lifespan="off"))
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, name="hub")
        thread.start()
        try:
            while not server.started:
                time.sleep(0.01)
            yield cls(root, state)
        finally:
            runs.close()
            server.should_exit = True
            thread.join()

    @property
    def api_url(self) -> str:
        return self._state.url

    @property
    def runs(self) -> list[Run]:
        return self._state.runs.all

    @property
    def requests(self) -> list[Request]:
        """The dispatches so far, with their answers."""
        return self._state.requests

    @property
    def faults(self) -> list[Fault]:
        """Answers to give to the next dispatches instead of the true ones."""
        return self._state.faults

    @property
    def limit(self) -> RateLimit:
        return self._state.limit

    def create_repository(
        self,
        name: str,
        *,
        files: Mapping[str, bytes],
        secrets: Mapping[str, str] | None = None,
        variables: Mapping[str, str] | None = None,
    ) -> Repository:
        """A repository with one commit on main."""
        path = self._root / f"{name}.git"
        clone_url = f"{self.api_url}/{name}.git"
        _run("git", "init", "--quiet", "--bare", "--initial-branch=main", str(path))
        _run("git", "config", "http.receivepack", "true", cwd=path)
        with tempfile.TemporaryDirectory(dir=self._root) as folder:
            work = Path(folder)
            for file, data in files.items():
                (work / file).parent.mkdir(parents=True, exist_ok=True)
                (work / file).write_bytes(data)
            git = ("git", f"--git-dir={path}", f"--work-tree={work}", *_AUTHOR)
            _run(*git, "add", "--all", "--force", cwd=work)
            _run(*git, "commit", "--quiet", "--message", "Describe the desired state", cwd=work)
        backend.install_hook(path)
        repository = Repository(name=name, path=path, clone_url=clone_url, secrets=secrets or {}, vars=variables or {})
        self._state.repositories[name] = repository
        return repository

    def create_app(
        self, repository: str | None, *, permissions: Mapping[str, str], login: str = "falco-relay[bot]"
    ) -> App:
        """A GitHub App, installed on one repository or on none."""
        app = App(repository=repository, permissions=dict(permissions), login=login)
        self._state.apps.append(app)
        return app

    def revoke(self, token: str) -> None:
        """From now on GitHub does not know the token."""
        del self._state.tokens[token]

    def create_token(
        self,
        repository: str,
        *,
        permissions: Mapping[str, str],
        scopes: str = "",
        workflow: bool = False,
        login: str = "octocat",
    ) -> str:
        """A fine-grained token for one repository, such as {"contents": "write"}; a classic one with `scopes`.

        One of a workflow run with `workflow`. It acts as the account `login`.
        """
        token = Token(repository=repository, permissions=permissions, scopes=scopes, workflow=workflow, login=login)
        self._state.tokens[token.value] = token
        return token.value

    def approve(self, run_id: int, *, user: str) -> None:
        """Approve a run that waits for a review of its environment. Raises PermissionError for who is no reviewer."""
        self._state.runs.approve(run_id, user=user)

    def wait_until_waiting(self, run_id: int, *, timeout: float = 60) -> None:
        """Wait until a run waits for a review. Raises TimeoutError."""
        self._state.runs.wait_until_waiting(run_id, timeout=timeout)

    def wait_for_runs(self, count: int, *, timeout: float = 120) -> list[Run]:
        """The first `count` runs, completed. Raises TimeoutError."""
        return self._state.runs.wait(count, timeout=timeout)


def _run(*command: str, cwd: Path | None = None) -> None:
    home = cwd or Path.cwd()
    subprocess.run(command, cwd=cwd, env=environment(home), check=True, capture_output=True)
