"""The inputs that several actions have, checked."""

from pathlib import Path

from . import flux
from .errors import BadInput
from .workflow import Run


def receiver(run: Run) -> flux.Receiver | None:
    """The Flux receiver to call; None where no address is given. Raises BadInput."""
    kind = run.choice("receiver-type", *flux.TYPES)
    if not (url := run.input("receiver-url")):
        return None
    return flux.Receiver(url=url, type=kind, token=run.input("receiver-token"))


def directory(run: Run) -> Path:
    """The root of the desired state. Raises BadInput."""
    found = (run.workspace / run.input("directory", ".")).resolve()
    if not found.is_relative_to(run.workspace) or not found.is_dir():
        raise BadInput("input directory is no folder of the workspace")
    return found
