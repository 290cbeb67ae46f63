"""The status action: what is contained now, by the history and the files as they are. It commits nothing."""

from datetime import UTC, datetime
from pathlib import Path

from ..errors import BadInput
from ..escape import plain
from ..github.run_environment import RunEnvironment
from ..github.run_output import Annotation, RunOutput
from ..plan.status import Status
from ..publish.git import Git
from ..report.status_json import contained_json, status_json
from ..report.status_page import status_page
from ..report.status_row import rows
from ..report.status_summary import overdue_sentence, status_summary
from . import completeness, inputs, ledger, rules_file
from .exit_codes import FAILED, SUCCESS
from .ledger import Warn


def status(environment: RunEnvironment, output: RunOutput) -> int:
    """Say what is contained, and return 1 if something is for longer than the rules want. Raises ResponderError."""
    run_inputs, url = environment.inputs, environment.repository_url
    page, document = _file(environment, "html"), _file(environment, "json")
    git = Git(
        root=inputs.desired_state(environment), environ=environment.process_environ, token=run_inputs.text("token")
    )

    def warn(message: str) -> None:
        output.annotate(Annotation(level="warning", message=message))

    current = read_status(git, run_inputs.text("rules", inputs.RULES_FILE), warn=warn)
    if page:
        page.write_text(status_page(current, title=environment.repository, repository_url=url), encoding="utf-8")
    if document:
        document.write_text(status_json(current, url) + "\n", encoding="utf-8")
    output.set_output("contained", str(len(current.contained)))
    output.set_output("overdue", str(len(current.overdue)))
    output.set_output("responses", contained_json(current, url))
    output.write_summary(status_summary(current, url))
    for row in rows(current, url):
        if row.is_overdue:
            message = plain(overdue_sentence(row, current.contained_days), limit=1000)
            output.annotate(Annotation(level="error", message=message))
    return FAILED if current.overdue else SUCCESS


def read_status(git: Git, rules: str, *, warn: Warn) -> Status:
    """Return what is contained as of the checked-out commit. Raises ResponderError.

    `rules` is the path of the response rules in the repository. `warn` hears of commits that are passed over.
    """
    completeness.require_rules(git, rules)
    ruleset = rules_file.read(git.top(), rules)
    return Status(
        containments=ledger.read(git, warn=warn).containments()[::-1],
        commit=git.head(),
        time=datetime.now(UTC),
        contained_days=ruleset.limits.contained_days,
    )


def _file(environment: RunEnvironment, name: str) -> Path | None:
    """Return the file in the workspace that an input names, None if it is empty. Raises BadInput."""
    value = environment.inputs.text(name)
    if not value:
        return None
    path = (environment.workspace / value).resolve()
    if not path.is_relative_to(environment.workspace) or not path.parent.is_dir() or path.is_dir():
        raise BadInput(f"input {name} is no file in a folder of the workspace")
    return path
