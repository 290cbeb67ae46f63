"""`falco-dispatch contained`: what is contained now, by the history of a clone of the desired-state repository."""

import argparse
import re
import sys
from collections.abc import Mapping
from pathlib import Path

from responder.commands.status import read_status
from responder.errors import GitFailed, ResponderError
from responder.escape import one_line
from responder.publish.git import Git
from responder.report.status_json import status_json
from responder.report.status_page import status_page
from responder.report.status_text import status_text

# https://github.com/acme/state.git, ssh://github.com/acme/state (without its user) or git@github.com:acme/state.git
_REMOTE = re.compile(
    r"(?:https://(?P<site>[\w.-]+(?::\d+)?)/|ssh://(?P<host>[\w.-]+)/|git@(?P<short>[\w.-]+):)"
    r"(?P<name>[\w.-]+/[\w.-]+?)(?:\.git)?/?"
)


def run(arguments: argparse.Namespace, environ: Mapping[str, str]) -> int:
    """Print what is contained. Return 1 if something is for longer than the rules want, 2 if nothing can be read."""
    root = Path(arguments.directory)
    if not root.is_dir():
        return _fail(f"there is no folder {arguments.directory}. Name the root of the desired state in a clone")
    git = Git(root=root, environ=environ)
    try:
        status = read_status(git, arguments.rules, warn=_warn)
        host, name = _repository(git)
    except ResponderError as error:
        return _fail(str(error))
    url = f"https://{host}/{name}" if host else None
    if arguments.html:
        try:
            page = status_page(status, title=name or root.resolve().name, repository_url=url)
            Path(arguments.html).write_text(page, encoding="utf-8")
        except OSError as error:
            return _fail(f"the page cannot be written: {error}")
    print(status_json(status, url) if arguments.json else status_text(status))
    return 1 if status.overdue else 0


def _repository(git: Git) -> tuple[str, str]:
    """Return the host of the remote and the repository there, both empty where the remote has no page."""
    try:
        match = _REMOTE.fullmatch(git.remote_url)
    except GitFailed:
        return "", ""
    if match is None:
        return "", ""
    return match["site"] or match["host"] or match["short"], match["name"]


def _warn(message: str) -> None:
    print(f"falco-dispatch contained: warning: {message}", file=sys.stderr)


def _fail(message: str) -> int:
    print(f"falco-dispatch contained: {one_line(message, limit=2000)}", file=sys.stderr)
    return 2
