"""Workflow runs: queued by a dispatch, each in a fresh clone, with a token of its own that ends with it."""

import queue
import shutil
import subprocess
import tempfile
import threading
import time
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from . import dispatches
from .job import Job, Result, Runner
from .model import Repository, Run, Token


class Runs:
    """Takes runs in and carries them out, one after the other for each of its threads."""

    def __init__(self, folder: Path, runner: Runner, *, api_url: str, parallel: int, tokens: dict[str, Token]) -> None:
        self._folder = folder
        self._runner = runner
        self._api_url = api_url
        self._tokens = tokens
        self._queue: queue.SimpleQueue[tuple[Repository, Run] | None] = queue.SimpleQueue()
        self._changed = threading.Condition()
        self.all: list[Run] = []
        self._waiting: dict[int, tuple[Repository, str]] = {}
        self._closing = False
        self._threads = [threading.Thread(target=self._work, name=f"run-{number}") for number in range(parallel)]
        for thread in self._threads:
            thread.start()

    def add(
        self, repository: Repository, *, workflow: str, event_name: str, event: Mapping[str, object], ref: str
    ) -> Run:
        """Queue a run."""
        with self._changed:
            run = Run(id=len(self.all) + 1, workflow=workflow, event_name=event_name, event=event, ref=ref)
            self.all.append(run)
        self._queue.put((repository, run))
        return run

    def wait(self, count: int, *, timeout: float) -> list[Run]:
        """The first `count` runs once they are completed; raises TimeoutError."""
        deadline = time.monotonic() + timeout
        with self._changed:
            while len(completed := [run for run in self.all if run.status == "completed"]) < count:
                if not self._changed.wait(deadline - time.monotonic()):
                    raise TimeoutError(f"{len(completed)} of {count} runs after {timeout} s: {self.all}")
            return sorted(completed, key=lambda run: run.id)[:count]

    def wait_until_waiting(self, run_id: int, *, timeout: float) -> None:
        """Return once a run waits for a review; raises TimeoutError."""
        with self._changed:
            if not self._changed.wait_for(lambda: self.all[run_id - 1].status == "waiting", timeout):
                raise TimeoutError(f"run {run_id} does not wait: {self.all[run_id - 1]}")

    def approve(self, run_id: int, *, user: str) -> None:
        """Record the review of a run that waits, so that it goes on; raises PermissionError for who is no reviewer."""
        with self._changed:
            repository, environment = self._waiting[run_id]
            if user not in repository.reviewers[environment]:
                raise PermissionError(f"{user} is no reviewer of {environment}")
            review = {"state": "approved", "comment": "", "environments": [{"name": environment}]}
            self.all[run_id - 1].approvals.append({**review, "user": {"login": user, "type": "User"}})
            self._changed.notify_all()

    def close(self) -> None:
        """Finish the runs under way; those that wait for a review do not start."""
        with self._changed:
            self._closing = True
            self._changed.notify_all()
        for _ in self._threads:
            self._queue.put(None)
        for thread in self._threads:
            thread.join()

    def _work(self) -> None:
        while job := self._queue.get():
            self._carry_out(*job)

    def _carry_out(self, repository: Repository, run: Run) -> None:
        run.status, run.started = "in_progress", datetime.now(UTC)
        folder = Path(tempfile.mkdtemp(prefix=f"run-{run.id}-", dir=self._folder))
        try:
            self._wait_for_review(repository, run)
            result = self._result(repository, run, folder)
            run.log, run.summary, conclusion = result.log, result.summary, result.conclusion
        except Exception as error:
            run.log, conclusion = f"{run.log}\nthe runner failed: {error!r}", "failure"
        finally:
            shutil.rmtree(folder, ignore_errors=True)
        with self._changed:
            run.finished, run.conclusion, run.status = datetime.now(UTC), conclusion, "completed"
            self._changed.notify_all()

    def _wait_for_review(self, repository: Repository, run: Run) -> None:
        """Hold a run until a reviewer of its environment approves it, as GitHub does. Raises PermissionError."""
        branch = run.ref.removeprefix("refs/heads/")
        command = ["git", "show", f"{branch}:.github/workflows/{run.workflow}"]
        workflow = subprocess.run(command, cwd=repository.path, capture_output=True, check=True).stdout
        environment = dispatches.environment(workflow)
        if not repository.reviewers.get(environment):
            return
        with self._changed:
            self._waiting[run.id] = repository, environment
            run.status = "waiting"
            self._changed.notify_all()
            self._changed.wait_for(lambda: run.approvals or self._closing)
            if not run.approvals:
                raise PermissionError("nobody approved the run")
            run.status = "in_progress"

    def _result(self, repository: Repository, run: Run, folder: Path) -> Result:
        checkout = folder / repository.name.partition("/")[2]
        branch = run.ref.removeprefix("refs/heads/")
        subprocess.run(["git", "clone", "--quiet", "--branch", branch, repository.path, checkout], check=True)
        subprocess.run(["git", "remote", "set-url", "origin", repository.clone_url], cwd=checkout, check=True)
        file = f".github/workflows/{run.workflow}"
        token = Token(
            repository=repository.name,
            permissions=dispatches.permissions((checkout / file).read_bytes()),
            workflow=True,
        )
        self._tokens[token.value] = token
        account: Any = run.event["sender"]
        sender = account["login"]
        try:
            job = Job(
                folder=folder,
                checkout=checkout,
                workflow=file,
                event_name=run.event_name,
                event=run.event,
                token=token.value,
                secrets=repository.secrets,
                vars=repository.vars,
                environ={
                    "GITHUB_API_URL": self._api_url,
                    "GITHUB_SERVER_URL": self._api_url,
                    "GITHUB_GRAPHQL_URL": f"{self._api_url}/graphql",
                    "GITHUB_REPOSITORY": repository.name,
                    "GITHUB_RUN_ID": str(run.id),
                    "GITHUB_ACTOR": str(sender),
                    "GITHUB_TRIGGERING_ACTOR": str(sender),
                },
            )
            return self._runner.run(job)
        finally:
            del self._tokens[token.value]
