"""`falco-dispatch try`: what would become of an event in each workload of a desired-state repository."""

import argparse
import shutil
import sys
from collections.abc import Mapping
from pathlib import Path

from ..progress import Progress
from ..trial import report
from ..trial.trial import try_repository

_INSTALL_KUSTOMIZE = "https://kubectl.docs.kubernetes.io/installation/kustomize/"


class Untriable(Exception):
    """The folder cannot be tried: what is wrong, the likely cause, and what to do."""


def run(arguments: argparse.Namespace, environ: Mapping[str, str]) -> int:
    """Print the report. Return 1 if an edit was wrong, 2 if there is nothing to try."""
    try:
        root, kustomize = _repository(arguments.repository), _kustomize(environ)
    except Untriable as error:
        print(f"falco-dispatch try: {error}", file=sys.stderr)
        return 2
    trial = try_repository(root, kustomize, Progress())
    print(report.as_json(trial) if arguments.json else report.as_text(trial))
    return 1 if trial.mistakes else 0


def _repository(name: str) -> Path:
    """Return the folder of a name. Raise Untriable."""
    if not name:
        raise Untriable("name the folder of a desired-state repository: falco-dispatch try ../desired-state")
    root = Path(name)
    if not root.exists():
        raise Untriable(f"there is no folder {name} in {Path.cwd()}. Name a clone of a desired-state repository")
    if not root.is_dir():
        raise Untriable(f"{name} is a file. Name the folder of a desired-state repository, such as {root.parent}")
    return root


def _kustomize(environ: Mapping[str, str]) -> str:
    """Return the path of kustomize. Raise Untriable if there is none."""
    if path := shutil.which("kustomize", path=environ.get("PATH")):
        return path
    raise Untriable(f"it renders with kustomize, which is not on the PATH. Install it: {_INSTALL_KUSTOMIZE}")
