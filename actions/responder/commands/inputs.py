"""The inputs that several actions have, checked."""

from pathlib import Path

from ..errors import BadInput
from ..github.run_environment import RunEnvironment

RULES_FILE = ".github/falco-response.yaml"  # the default of the input `rules`


def desired_state(environment: RunEnvironment) -> Path:
    """Return the root of the desired state, the input `directory`. Raises BadInput."""
    folder = (environment.workspace / environment.inputs.text("directory", ".")).resolve()
    if not folder.is_relative_to(environment.workspace) or not folder.is_dir():
        raise BadInput("input directory is no folder of the workspace")
    return folder
