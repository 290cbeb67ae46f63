"""The check action: whether the response rules hold, and what they would do about sample events. It changes nothing."""

import json
import re
from collections.abc import Iterator
from pathlib import Path

import yaml

from ..errors import BadInput, BadRules, GitFailed
from ..escape import one_line, plain
from ..github.run_environment import RunEnvironment
from ..github.run_output import Annotation, RunOutput
from ..gitops.flux import health_checks
from ..gitops.flux.sources import Origin
from ..publish.git import Git
from ..publish.work_tree import WorkTree
from ..report.check_report import CheckReport
from ..report.failure_report import FailureReport
from ..rules.model import Rules
from . import completeness, inputs, replay, rules_file
from .exit_codes import BAD_INPUT, FAILED, SUCCESS
from .run_links import run_links

SAMPLES = Path(__file__).parents[2] / "check" / "samples"
_LIMIT = 1000  # samples
_RULE = re.compile(r"^\s*-\s+rule:\s*(.+?)\s*$", re.MULTILINE)


def check(environment: RunEnvironment, output: RunOutput) -> int:
    """Return 0 if the rules hold, 1 if they ask for what cannot be, 2 if they have mistakes. Raises BadInput."""
    name = environment.inputs.text("rules", inputs.RULES_FILE)
    git = Git(root=inputs.desired_state(environment), environ=environment.process_environ)
    completeness.require_rules(git, name)
    try:
        ruleset = rules_file.read(git.top(), name)
    except BadRules as error:
        for mistake in error.mistakes:
            output.annotate(Annotation(level="error", message=str(mistake), file=mistake.file, line=mistake.line))
        output.write_summary(FailureReport(failure=error, links=run_links(environment)).summary())
        return BAD_INPUT
    checkout = WorkTree(git.root).checkout()
    folder = _input_path(environment, "events")
    samples = dict(_samples(folder or SAMPLES))
    origin = Origin(url=_remote_url(git), branch=environment.target_branch)
    replays = replay.replay(samples, ruleset, checkout, origin)
    problems = [*_unmatchable(environment, ruleset), *replay.missing_files(ruleset, checkout)]
    problems += completeness.find_problems(git, ruleset, checkout)
    problems += [f"{sample.name}: {sample.outcome.reason}" for sample in replays if sample.is_mistake]
    for problem in problems:
        output.annotate(Annotation(level="error", message=plain(problem, limit=1000), file=name))
    warnings = [*replay.warnings(ruleset), *map(str, health_checks.find(checkout)), *replay.response_warnings(replays)]
    warnings = list(dict.fromkeys(warnings))
    for warning in warnings:
        output.annotate(Annotation(level="warning", message=one_line(warning, limit=1000), file=name))
    report = CheckReport(
        ruleset=ruleset,
        replays=replays,
        problems=problems,
        warnings=warnings,
        links=run_links(environment, git.root),
        samples=str(folder.relative_to(environment.workspace)) if folder else None,
    )
    output.set_output("rules", str(len(ruleset.rules)))
    output.set_output("plan", report.plan())
    output.write_summary(report.summary())
    return FAILED if problems else SUCCESS


def _remote_url(git: Git) -> str:
    """Return the address of the repository, empty for one that was never pushed: a hook checks that, too."""
    try:
        return git.remote_url
    except GitFailed:
        return ""


def _unmatchable(environment: RunEnvironment, ruleset: Rules) -> Iterator[str]:
    """Yield the rules that no Falco rule can ever meet, if the input `falco-rules` names the Falco rules."""
    path = _input_path(environment, "falco-rules")
    if path is None:
        return
    names = set(_falco_rules(path))
    if not names:
        raise BadInput("input falco-rules names no Falco rules: it is a file of names, or Falco's own rules files")
    for rule in replay.unmatchable(ruleset, names):
        yield f"rule {rule.name!r} (line {rule.line}) can never match: no Falco rule is called {rule.criteria.rules}"


def _falco_rules(path: Path) -> Iterator[str]:
    """Yield the names of Falco's rules: from its own files, or one on each line."""
    for file in _files(path, "*") if path.is_dir() else [path]:
        text = file.read_text(encoding="utf-8", errors="replace")
        if file.suffix in (".yaml", ".yml"):
            yield from (_unquoted(match) for match in _RULE.findall(text))
        else:
            yield from filter(None, map(str.strip, text.splitlines()))


def _unquoted(scalar: str) -> str:
    try:
        return str(yaml.safe_load(scalar))
    except yaml.YAMLError:
        return scalar


def _samples(folder: Path) -> Iterator[tuple[str, object]]:
    """Yield the events of a folder by the names of their files. Raises BadInput."""
    paths = _files(folder, "*.json")
    if not paths:
        raise BadInput("input events names a folder without any .json file")
    if len(paths) > _LIMIT:
        raise BadInput(f"input events names a folder with {len(paths)} files; the limit is {_LIMIT}")
    for path in paths:
        text = path.read_text(encoding="utf-8", errors="replace")
        try:
            yield str(path.relative_to(folder)), json.loads(text)
        except (ValueError, RecursionError):
            yield str(path.relative_to(folder)), text


def _files(folder: Path, pattern: str) -> list[Path]:
    """Return the files in a folder, in order, without links that lead out of it: a pull request can add such a one."""
    files = (path for path in folder.rglob(pattern) if path.is_file())
    return sorted(path for path in files if path.resolve().is_relative_to(folder.resolve()))


def _input_path(environment: RunEnvironment, name: str) -> Path | None:
    """Return the path in the workspace that an input names, None if it is empty. Raises BadInput."""
    value = environment.inputs.text(name)
    if not value:
        return None
    path = (environment.workspace / value).resolve()
    if not path.is_relative_to(environment.workspace) or not path.exists():
        raise BadInput(f"{one_line(value)} is nothing in the workspace")
    return path
