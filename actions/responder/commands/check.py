"""The check action: whether the response rules hold, and what they would do about sample events."""

import json
import re
from collections.abc import Iterable, Iterator
from pathlib import Path

import yaml

from ..errors import BadInput, BadRules
from ..escape import markdown_code, one_line
from ..github.run import Run
from ..gitops.flux.sources import Origin
from ..publish.git import Git
from ..publish.work_tree import WorkTree
from ..rules.model import Rules
from . import inputs, replay, rules_file
from .replay import Replayed

SAMPLES = Path(__file__).parents[2] / "check" / "samples"
_LIMIT = 1000  # samples
_RULE = re.compile(r"^\s*-\s+rule:\s*(.+?)\s*$", re.MULTILINE)


def check(run: Run) -> int:
    """0 if the rules hold, 1 if they ask for what cannot be, 2 if they have mistakes. Raises BadInput."""
    name = run.input("rules", ".github/falco-response.yaml")
    git = Git(root=inputs.directory(run))
    try:
        ruleset = rules_file.read(git.top(), name)
    except BadRules as error:
        return _mistaken(run, error)
    checkout = WorkTree(git.root).checkout()
    samples = dict(_samples(_folder(run, "events") or SAMPLES))
    origin = Origin(url=git.remote_url, branch=run.target_branch)
    replayed = replay.replay(samples, ruleset, checkout, origin)
    problems = [*_unmatched(run, ruleset), *replay.nowhere(ruleset, checkout)]
    problems += [f"{each.name}: {each.outcome.reason}" for each in replayed if each.is_mistake]
    for problem in problems:
        run.annotate("error", one_line(problem, limit=1000), file=name)
    run.write_output("rules", str(len(ruleset.rules)))
    run.write_output("plan", json.dumps([_as_json(each) for each in replayed]))
    run.write_summary(_summary(ruleset, replayed, problems))
    return 1 if problems else 0


def _mistaken(run: Run, error: BadRules) -> int:
    for mistake in error.mistakes:
        run.annotate("error", str(mistake), file=mistake.file, line=mistake.line)
    listed = "\n".join(f"- {markdown_code(str(mistake))}" for mistake in error.mistakes)
    run.write_summary(f"## Response rules: {len(error.mistakes)} mistakes\n\n{listed}\n")
    return 2


def _unmatched(run: Run, ruleset: Rules) -> Iterator[str]:
    """The rules that no Falco rule can ever meet, where the Falco rules are given."""
    place = run.input("falco-rules")
    if not place:
        return
    names = set(_falco_rules(_inside(run, place)))
    if not names:
        raise BadInput("input falco-rules names no Falco rules: it is a file of names, or Falco's own rules files")
    for rule in replay.unmatched(ruleset, names):
        yield f"rule {rule.name!r} (line {rule.line}) can never match: no Falco rule is called {rule.criteria.rules}"


def _falco_rules(path: Path) -> Iterator[str]:
    """The names of Falco's rules: from its own files, or one on each line."""
    for file in sorted(path.rglob("*")) if path.is_dir() else [path]:
        if not file.is_file():
            continue
        text = file.read_text(encoding="utf-8", errors="replace")
        if file.suffix in (".yaml", ".yml"):
            yield from (_plain(match) for match in _RULE.findall(text))
        else:
            yield from filter(None, map(str.strip, text.splitlines()))


def _plain(written: str) -> str:
    try:
        return str(yaml.safe_load(written))
    except yaml.YAMLError:
        return written


def _samples(folder: Path) -> Iterator[tuple[str, object]]:
    """The events of a folder by the names of their files. Raises BadInput."""
    found = sorted(path for path in folder.rglob("*.json") if path.is_file())
    if not found:
        raise BadInput("input events names a folder without any .json file")
    if len(found) > _LIMIT:
        raise BadInput(f"input events names a folder with {len(found)} files; the limit is {_LIMIT}")
    for path in found:
        text = path.read_text(encoding="utf-8", errors="replace")
        try:
            yield str(path.relative_to(folder)), json.loads(text)
        except (ValueError, RecursionError):
            yield str(path.relative_to(folder)), text


def _folder(run: Run, name: str) -> Path | None:
    return _inside(run, given) if (given := run.input(name)) else None


def _inside(run: Run, given: str) -> Path:
    path = (run.workspace / given).resolve()
    if not path.is_relative_to(run.workspace) or not path.exists():
        raise BadInput(f"{one_line(given)} is nothing in the workspace")
    return path


def _summary(ruleset: Rules, replayed: Iterable[Replayed], problems: list[str]) -> str:
    verdict = f"{len(problems)} problems" if problems else "they hold"
    lines = [f"## Response rules: {verdict}", ""]
    lines += [f"- {markdown_code(problem, limit=1000)}" for problem in problems]
    lines += ["", "| Event | Falco rule | Response rule | | Workload | Edit, or why there is none |"]
    lines += ["| --- | --- | --- | --- | --- | --- |"]
    return (
        "\n".join([*lines, *map(_row, replayed), "", f"{len(ruleset.rules)} rules in {markdown_code(ruleset.name)}."])
        + "\n"
    )


def _row(each: Replayed) -> str:
    outcome = each.outcome
    falco = markdown_code(outcome.event.rule) if outcome.event else ""
    workload = markdown_code(outcome.response.workload) if outcome.response else ""
    cells = [
        markdown_code(each.name), falco, markdown_code(", ".join(each.rules)) if each.rules else "",
        str(outcome.verdict), workload, markdown_code(outcome.reason, limit=1000),
    ]  # fmt: skip
    return f"| {' | '.join(cells)} |"


def _as_json(each: Replayed) -> dict[str, object]:
    changes = each.outcome.response.changes if each.outcome.response else ()
    return {
        "event": each.name,
        "rules": list(each.rules),
        "verdict": str(each.outcome.verdict),
        "reason": one_line(each.outcome.reason, limit=1000),
        "workload": str(each.outcome.response.workload) if each.outcome.response else None,
        "files": [str(change.file) for change in changes],
    }
