"""The issues of contained workloads: opened at the response, commented when more happens, closed by a restore.

An issue that cannot be written is a warning, whatever the reason: the work is done.
"""

import functools
from collections.abc import Callable, Iterator, Sequence

from ..errors import ResponderError
from ..escape import plain
from ..github.issues import Issues
from ..github.run_environment import RunEnvironment
from ..github.run_output import Annotation, RunOutput
from ..plan.outcome import Outcome, Response, Verdict
from ..plan.trailers import RecordedResponse
from ..report import issue_text
from ..rules.model import Rules
from ..surprise import Surprise, guarded


def record(
    environment: RunEnvironment, output: RunOutput, ruleset: Rules, outcomes: Sequence[Outcome], commit: str | None
) -> None:
    """Open an issue for each workload that a commit contains, or comment on that which it has, if the rules say so."""
    settings = ruleset.issues
    if settings is None:
        return
    issues = Issues(api=environment.api, label=issue_text.LABEL)

    def write(response: Response, events: Sequence[Outcome]) -> None:
        url = environment.repository_url
        issue = issues.find(issue_text.mark_of(response))
        if issue:
            issues.comment(issue, issue_text.comment(events, commit=commit or "", repository_url=url))
        elif any(outcome.verdict.changes_files for outcome in events):
            issues.open(
                title=issue_text.title(response),
                body=issue_text.body(events, commit=commit or "", repository_url=url),
                labels=settings.labels,
                assignees=list(dict.fromkeys([*settings.assignees, *_assignees(ruleset, response)])),
            )

    for response, events in _by_workload(outcomes):
        _guard(output, functools.partial(write, response, events))


def close(
    environment: RunEnvironment, output: RunOutput, ruleset: Rules, responses: Sequence[RecordedResponse], commit: str
) -> None:
    """Close the issues of the workloads that a commit restores, if the rules say that there are issues."""
    if ruleset.issues is None:
        return
    issues = Issues(api=environment.api, label=issue_text.LABEL)

    def write(mark: str) -> None:
        issue = issues.find(mark)
        if issue:
            issues.comment(issue, issue_text.closing(commit, environment.repository_url))
            issues.close(issue)

    for mark in dict.fromkeys(map(issue_text.mark_of, responses)):
        _guard(output, functools.partial(write, mark))


def _by_workload(outcomes: Sequence[Outcome]) -> Iterator[tuple[Response, list[Outcome]]]:
    """Yield the outcomes of each workload that is contained, with its first response."""
    groups: dict[str, tuple[Response, list[Outcome]]] = {}
    for outcome in outcomes:
        if outcome.response and (outcome.verdict.changes_files or outcome.verdict is Verdict.IN_PLACE):
            groups.setdefault(issue_text.mark_of(outcome.response), (outcome.response, []))[1].append(outcome)
    yield from groups.values()


def _assignees(ruleset: Rules, response: Response) -> Iterator[str]:
    names = response.rule.split(", ")  # of all rules that decided it
    return (login for rule in ruleset.rules if rule.name in names for login in rule.assignees)


def _guard(output: RunOutput, write: Callable[[], None]) -> None:
    """Write to GitHub, and warn if that fails."""
    try:
        surprise = guarded(write)
        problem = f"an unexpected error ({surprise.kind})" if isinstance(surprise, Surprise) else ""
    except ResponderError as error:
        problem = str(error)
    if problem:
        output.annotate(Annotation(level="warning", message=f"an issue was not written: {plain(problem)}"))
