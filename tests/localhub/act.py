"""Runs a workflow through act in host mode: no container, the steps are processes of this machine.

https://nektosact.com/usage/
"""

import json
import os
import re
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from .job import ACTION, Job, Result

# act hands its whole environment to the steps: only what a runner has, and what installers need on this machine.
_PASSED = re.compile(
    r"PIP_\w+|UV_\w+|SSL_CERT_\w+|REQUESTS_CA_BUNDLE|GIT_SSL_CAINFO|https?_proxy|no_proxy", re.IGNORECASE
)
_RUNNERS = ("ubuntu-24.04", "ubuntu-latest")


def environment(home: Path) -> dict[str, str]:
    """What the processes of a run see of this machine."""
    passed = {name: value for name, value in os.environ.items() if _PASSED.fullmatch(name)}
    # A virtual environment would hide the machine's own python3, which is what a runner has.
    paths = [path for path in os.environ["PATH"].split(os.pathsep) if not path.startswith(sys.prefix)]
    return {**passed, "PATH": os.pathsep.join(paths), "HOME": str(home), "LANG": "C.UTF-8"}


@dataclass(frozen=True)
class Act:
    """The binary at `path`; the action is taken from the checkout at `action_source`."""

    path: str
    action_source: Path

    def run(self, job: Job) -> Result:
        """Run the workflow of `job` to its end."""
        home = job.folder / "home"
        home.mkdir()
        event, secrets, variables = (job.folder / name for name in ("event.json", "secrets", "vars"))
        event.write_text(json.dumps(job.event))
        secrets.write_text(_dotenv({**job.secrets, "GITHUB_TOKEN": job.token}))
        variables.write_text(_dotenv(job.vars))
        command = [self.path, job.event_name, "--json", "--workflows", job.workflow, "--eventpath", str(event)]
        command += [argument for label in _RUNNERS for argument in ("--platform", f"{label}=-self-hosted")]
        command += ["--secret-file", str(secrets), "--var-file", str(variables), "--no-cache-server"]
        # Whatever commit the workflow pins, the action is the one of this checkout.
        pins = re.findall(rf"{ACTION}/[\w/]+@(\S+)", (job.checkout / job.workflow).read_text())
        for pin in sorted(set(pins)):
            command += ["--local-repository", f"{ACTION}@{pin}={self.action_source}"]
        command += [argument for name, value in job.environ.items() for argument in ("--env", f"{name}={value}")]
        result = subprocess.run(
            command,
            cwd=job.checkout,
            env={**environment(home), "ACT_DISABLE_VERSION_CHECK": "1"},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            check=False,
            timeout=300,
        )
        return _result(result.stdout.decode(errors="replace"), result.returncode)


def _result(output: str, code: int) -> Result:
    """From act's log, a JSON object a line; what is none (an error before the first job) is kept as it is."""
    log, summary, succeeded = [], "", False
    for line in output.splitlines():
        try:
            entry = json.loads(line)
        except ValueError:
            entry = {"msg": line}
        log.append(str(entry["msg"]).rstrip("\n"))
        succeeded = succeeded or entry.get("jobResult") == "success"
        if entry.get("command") == "summary":
            summary += entry["content"]
    conclusion = "failure" if code else "success" if succeeded else "skipped"
    return Result(log="\n".join(log), conclusion=conclusion, summary=summary)


def _dotenv(values: Mapping[str, str]) -> str:
    return "".join(f"{name}={json.dumps(value)}\n" for name, value in values.items())
