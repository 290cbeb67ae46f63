"""The inputs that several actions have, checked."""

from pathlib import Path

from ..errors import BadInput
from ..github.run import Run


def directory(run: Run) -> Path:
    """The root of the desired state. Raises BadInput."""
    found = (run.workspace / run.input("directory", ".")).resolve()
    if not found.is_relative_to(run.workspace) or not found.is_dir():
        raise BadInput("input directory is no folder of the workspace")
    return found
