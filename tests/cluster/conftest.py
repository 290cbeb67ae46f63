"""One stage for all tests of the cluster. They run by `make cluster` alone: `make test` does not collect them."""

import os
import signal
from collections.abc import Iterator
from pathlib import Path
from types import FrameType

import pytest

from tests import stack

from . import falcosidekick, flux, programs
from .figures import Figures
from .stage import DesiredState, Stage, runner, start

ON_STAGE = os.environ.get("CLUSTER") == "1"
collect_ignore_glob = [] if ON_STAGE else ["test_*.py"]
_ORDER = {"test_tutorial": 0, "test_figures": 2}


def pytest_configure() -> None:
    """Let an interrupt by SIGTERM take the stage down, as Ctrl-C does."""
    if ON_STAGE:
        signal.signal(signal.SIGTERM, _interrupt)


def _interrupt(_signal: int, _frame: FrameType | None) -> None:
    raise KeyboardInterrupt


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Put the tutorial first and the figures last."""
    if ON_STAGE:
        items.sort(key=lambda item: _ORDER.get(item.path.stem, 1))


def pytest_report_header() -> list[str]:
    """Return the versions of the real parts, and which parts are no real ones."""
    versions = ", ".join(f"{name} {version}" for name, version in programs.versions().items())
    return [versions, f"Falcosidekick: {falcosidekick.description()}", f"workflows run through {runner()}"]


@pytest.fixture(scope="session")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    """Return the running stage."""
    if missing := programs.missing():
        pytest.skip(f"not built: {', '.join(missing)}; `make cluster` builds them where Go is")
    folder: Path = tmp_path_factory.mktemp("stage")
    with start(folder) as parts:
        yield parts


NOTHING = b"""\
name: Nothing
on: {workflow_dispatch: {}}
permissions: {}
jobs:
  nothing:
    runs-on: ubuntu-24.04
    steps: [{run: "true"}]
"""


@pytest.fixture(scope="session")
def tutorial(stage: Stage) -> DesiredState:
    """Return the tutorial's repository, applied by Flux, with a Receiver: all by the manifests of its Test section."""
    name = stack.REPOSITORY.rpartition("/")[2]
    files = stack.desired_state() | {".github/workflows/nothing.yml": NOTHING}
    state = stage.create(stack.REPOSITORY, files)
    stage.kubectl.apply(flux.git_repository(name, url=state.repository.clone_url))
    stage.kubectl.apply(flux.kustomization(name, source=name))
    stage.kubectl.apply(flux.receiver(name, source=name, kustomizations=[name]))
    stage.connect(state, receiver=name)
    stage.kubectl.wait_until_ready("kustomization", name)
    return state


_FIGURES = Figures()


@pytest.fixture(scope="session")
def figures() -> Figures:
    """Return the figures that the last lines of the run show."""
    return _FIGURES


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Print the figures."""
    for line in _FIGURES.table():
        terminalreporter.write_line(line)
