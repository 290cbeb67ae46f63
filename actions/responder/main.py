"""The actions, each from its inputs to an exit code: 0 done or nothing to do, 1 failure, 2 bad input.

Event -> rules -> workload -> edit is `plan`; commit and push are `publish`; the rest tells Flux and people.
"""

import time
from collections.abc import Callable
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path

from . import event, flux, history, inputs, plan, proof, publish, restoring, rules
from .desired import files
from .desired.sources import Origin
from .errors import BadInput, PushLost, PushRefused, ResponderError
from .git import Git
from .plan import Outcome, Verdict
from .report import Report, sentence
from .untrusted import one_line
from .workflow import Run

DONE, FAILED, BAD_INPUT = 0, 1, 2
HOUR = 3600.0  # seconds

_HELP = {
    PushRefused: "Branch rules can keep the workflow's token out: let GitHub Actions push to this branch, or give the "
    "input token that of a GitHub App that may.",
    PushLost: "The branch is busier than a run can follow. Run the workflow again: what is in place stays in place.",
}
_LEVELS = {
    Verdict.CONTAINED: "notice",
    Verdict.IN_PLACE: "notice",
    Verdict.IGNORED: "notice",
    Verdict.REFUSED: "error",
    Verdict.INVALID: "error",
}


def respond(run: Run) -> int:
    """Contain what the run's events name, commit it and tell Flux."""
    return _ended(run, _respond)


def restore(run: Run) -> int:
    """Take a response back, commit that and tell Flux."""
    return _ended(run, restoring.restore)


def _ended(run: Run, action: Callable[[Run], int]) -> int:
    """The exit code of an action; what went wrong is said in the log."""
    try:
        return action(run)
    except BadInput as error:
        run.annotate("error", str(error))
        return BAD_INPUT
    except ResponderError as error:
        run.annotate("error", " ".join(filter(None, [str(error), _HELP.get(type(error))])))
        return FAILED


def _respond(run: Run) -> int:
    started = datetime.now(UTC)
    documents = event.read(run.event(), run.input("event"))
    dry_run = run.choice("mode", "commit", "dry-run") == "dry-run"
    verify = run.choice("verify", "auto", "require", "off")
    receiver = inputs.receiver(run)
    git = Git(root=inputs.directory(run), token=run.input("token"))
    name = run.input("rules", ".github/falco-response.yaml")
    origin = Origin(url=git.remote_url, branch=run.target_branch)

    def spent() -> int:
        return history.count(git.messages_since(time.time() - HOUR, run.target_branch))

    def make_plan() -> plan.Plan:
        ruleset = rules.load(_read(git.top() / name), name=name)
        events, checkout = event.parse_all(documents), files.read(git.root)
        with ExitStack() as stack:
            prover = None if verify == "off" else stack.enter_context(proof.prover(required=verify == "require"))
            return plan.make(events, ruleset, checkout, origin=origin, prover=prover, spent=spent)

    published = publish.preview(make_plan, git) if dry_run else publish.push(make_plan, git, branch=run.branch)
    finished = datetime.now(UTC)
    told = {"repository": run.repository, "commit": published.commit}
    notice = flux.notify(receiver, told) if receiver and published.commit else None
    report = Report(published=published, dry_run=dry_run, run=run, started=started, finished=finished, notice=notice)
    _tell(run, report)
    return _exit_code(published.plan)


def _tell(run: Run, report: Report) -> None:
    published = report.published
    run.write_output("changed", "true" if published.commit else "false")
    run.write_output("commit", published.commit or "")
    run.write_output("responses", report.responses())
    run.write_summary(report.summary())
    for outcome in published.plan.outcomes:
        _annotate(run, outcome)
    if published.diff:
        run.log(published.diff)
    if report.notice and not report.notice.delivered:
        run.annotate("warning", report.flux())


def _annotate(run: Run, outcome: Outcome) -> None:
    changes = outcome.response.changes if outcome.response else ()
    for change in changes:
        run.annotate(_LEVELS[outcome.verdict], sentence(outcome), file=str(change.file), line=change.line)
    if not changes:
        run.annotate(_LEVELS[outcome.verdict], sentence(outcome))
    for warning in outcome.response.warnings if outcome.response else ():
        run.annotate("warning", one_line(warning, limit=1000))


def _exit_code(made: plan.Plan) -> int:
    verdicts = {outcome.verdict for outcome in made.outcomes}
    if Verdict.REFUSED in verdicts:
        return FAILED
    return BAD_INPUT if Verdict.INVALID in verdicts else DONE


def _read(path: Path) -> bytes | None:
    return path.read_bytes() if path.is_file() else None
