"""What a runner gets and gives back, whichever runner it is."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

ACTION = "falco-dispatch/falco-dispatch"  # the repository that workflows name in `uses:`


@dataclass(frozen=True, kw_only=True)
class Job:
    """One run of a workflow file in a checkout. `folder` is for the runner's own files and goes with the run."""

    folder: Path
    checkout: Path
    workflow: str
    event_name: str
    event: Mapping[str, Any]
    token: str = field(repr=False)
    secrets: Mapping[str, str] = field(repr=False)
    vars: Mapping[str, str]
    environ: Mapping[str, str]


@dataclass(frozen=True, kw_only=True)
class Result:
    """How it ended: success, failure or skipped."""

    log: str
    conclusion: str
    summary: str = ""


class Runner(Protocol):
    """Runs a workflow to its end."""

    def run(self, job: Job) -> Result: ...
