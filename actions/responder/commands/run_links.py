"""The links of a run: where its repository is, and which folder of it has the desired state."""

from pathlib import Path

from ..github.run_environment import RunEnvironment
from ..report.links import Links


def run_links(environment: RunEnvironment, root: Path | None = None) -> Links:
    """Return the links of a run; `root` is the desired state in the workspace, if it is known."""
    folder = root.relative_to(environment.workspace).as_posix() if root else ""
    return Links(
        repository=environment.repository_url,
        revision=environment.sha,
        folder=folder,
        run_id=environment.run_id,
        workflow=environment.workflow or Links.workflow,
    )
