"""The hub's own runner, for machines without act: executes the steps that a workflow and a composite action write.

It knows what ours use and stops at anything else, by name. One job, one step after the other, no containers.
"""

import json
import os
import shutil
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from .act import environment
from .expressions import Context, evaluate, interpolate, is_true
from .job import ACTION, Job, Result

_STEP_KEYS = {"id", "name", "if", "uses", "with", "run", "shell", "env", "working-directory", "continue-on-error"}


class NotSupported(Exception):
    """Something in a workflow or an action that this runner does not do."""


@dataclass(frozen=True)
class Steps:
    """Runs jobs; the action is taken from the checkout at `action_source`."""

    action_source: Path

    def run(self, job: Job) -> Result:
        """Run the one job of the workflow."""
        workflow = yaml.safe_load((job.checkout / job.workflow).read_bytes())
        if len(workflow["jobs"]) != 1:
            raise NotSupported("more than one job")
        (definition,) = workflow["jobs"].values()
        return _Execution(job, self.action_source).job(definition)


@dataclass
class _Execution:
    job_: Job
    action_source: Path
    log: list[str] = field(default_factory=list)
    failed: bool = False

    def __post_init__(self) -> None:
        folder = self.job_.folder
        self.workspace, self.temp, self.home = (folder / name for name in ("workspace", "temp", "home"))
        for path in (self.workspace, self.temp, self.home):
            path.mkdir()
        self.summary, self.event = folder / "summary.md", folder / "event.json"
        self.summary.touch()
        self.event.write_text(json.dumps(self.job_.event))

    def job(self, definition: Mapping[str, Any]) -> Result:
        context = self._context(inputs=self.job_.event.get("inputs") or {})
        if not is_true(evaluate(_condition(definition, "true"), context)):
            return Result(log="job skipped by its if", conclusion="skipped")
        self._steps(definition["steps"], context, action_path=None)
        conclusion = "failure" if self.failed else "success"
        return Result(log="".join(self.log), conclusion=conclusion, summary=self.summary.read_text())

    def _context(self, *, inputs: Mapping[str, Any], action_path: Path | None = None) -> dict[str, Any]:
        environ = self._environ()
        github: dict[str, Any] = {
            name.removeprefix("GITHUB_").lower(): value for name, value in environ.items() if "GITHUB_" in name
        }
        github |= {"event": self.job_.event, "token": self.job_.token, "action_path": str(action_path or "")}
        return {
            "github": github,
            "inputs": inputs,
            "secrets": {**self.job_.secrets, "GITHUB_TOKEN": self.job_.token},
            "vars": self.job_.vars,
            "env": {},
            "steps": {},
            "failed": self.failed,
        }

    def _environ(self) -> dict[str, str]:
        branch = str(self.job_.event["repository"]["default_branch"])
        ref = str(self.job_.event.get("ref", f"refs/heads/{branch}"))
        return {
            **environment(self.home),
            **self.job_.environ,
            "GITHUB_ACTIONS": "true",
            "GITHUB_EVENT_NAME": self.job_.event_name,
            "GITHUB_EVENT_PATH": str(self.event),
            "GITHUB_REF": ref,
            "GITHUB_REF_NAME": ref.removeprefix("refs/heads/"),
            "GITHUB_STEP_SUMMARY": str(self.summary),
            "GITHUB_WORKSPACE": str(self.workspace),
            "RUNNER_TEMP": str(self.temp),
        }

    def _steps(self, steps: list[dict[str, Any]], context: dict[str, Any], *, action_path: Path | None) -> None:
        for step in steps:
            if unknown := set(step) - _STEP_KEYS:
                raise NotSupported(f"step with {', '.join(sorted(unknown))}")
            context["failed"] = self.failed
            if not is_true(evaluate(_condition(step, "success()"), context)):
                continue
            outputs = self._step(step, context, action_path)
            context["steps"] = {**context["steps"], step.get("id", ""): {"outputs": outputs}}

    def _step(self, step: Mapping[str, Any], context: Context, action_path: Path | None) -> dict[str, str]:
        if "run" in step:
            return self._script(step, context, action_path)
        inputs_ = {name: interpolate(str(value), context) for name, value in step.get("with", {}).items()}
        uses = str(step["uses"])
        if uses.startswith("actions/checkout@"):
            return self._checkout()
        if uses.startswith(f"{ACTION}/"):
            return self._action(self.action_source / uses.removeprefix(f"{ACTION}/").partition("@")[0], inputs_)
        raise NotSupported(f"uses: {uses}")

    def _action(self, path: Path, inputs_: Mapping[str, str]) -> dict[str, str]:
        action = yaml.safe_load((path / "action.yml").read_bytes())
        if action["runs"]["using"] != "composite":
            raise NotSupported(f"using: {action['runs']['using']}")
        outer = self._context(inputs={}, action_path=path)
        defaults = {
            name: interpolate(str(definition.get("default", "")), outer)
            for name, definition in action.get("inputs", {}).items()
        }
        context = self._context(inputs={**defaults, **inputs_}, action_path=path)
        self._steps(action["runs"]["steps"], context, action_path=path)
        return {
            name: interpolate(definition["value"], context) for name, definition in action.get("outputs", {}).items()
        }

    def _script(self, step: Mapping[str, Any], context: Context, action_path: Path | None) -> dict[str, str]:
        if step.get("shell", "bash") != "bash":
            raise NotSupported(f"shell: {step['shell']}")
        output = self.temp / f"output-{len(self.log)}"
        output.touch()
        step_variables = {name: interpolate(str(value), context) for name, value in step.get("env", {}).items()}
        files = {"GITHUB_OUTPUT": str(output), "GITHUB_ACTION_PATH": str(action_path or "")}
        script = interpolate(step["run"], context)
        result = subprocess.run(
            ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", script],
            cwd=self.workspace,
            env={**self._environ(), **files, **step_variables},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            check=False,
        )
        self.log.append(result.stdout.decode(errors="replace"))
        self.failed = self.failed or (result.returncode != 0 and not step.get("continue-on-error"))
        return read_outputs(output.read_text())

    def _checkout(self) -> dict[str, str]:
        shutil.copytree(self.job_.checkout, self.workspace, dirs_exist_ok=True, symlinks=True)
        self.log.append(f"checked out {os.fspath(self.job_.checkout.name)}\n")
        return {}


def _condition(definition: Mapping[str, Any], default: str) -> str:
    condition = definition.get("if", default)
    return str(condition).lower() if isinstance(condition, bool) else str(condition)


def read_outputs(text: str) -> dict[str, str]:
    """What a step wrote to GITHUB_OUTPUT: `name=value`, or lines up to a delimiter."""
    outputs: dict[str, str] = {}
    lines = iter(text.splitlines())
    for line in lines:
        name, heredoc, delimiter = line.partition("<<")
        if heredoc and "=" not in name:
            outputs[name] = "\n".join(iter(lines.__next__, delimiter))
        else:
            name, _, outputs[name] = line.partition("=")
    return outputs
