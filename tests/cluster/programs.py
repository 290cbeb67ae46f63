"""The programs that `.ci/cluster` builds: where they are, and the versions that the go.mod files pin.

Does not build or start them.
"""

import re
import shutil
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parent.parent.parent
FOLDER = ROOT / ".tools" / "cluster"
MANIFESTS = FOLDER / "manifests"
MODULES = Path(__file__).parent / "modules"
_REQUIREMENT = re.compile(r"^(?:require |\t)(\S+) (v\S+)$", re.MULTILINE)
_TOOL = re.compile(r"^(?:tool |\t)(\S+/\S+)(?: // (\S+))?$", re.MULTILINE)


def path(name: str) -> str:
    """Return the path of a program."""
    return str(FOLDER / "bin" / name)


def versions() -> dict[str, str]:
    """Return the version of each program by its name."""
    return {name: version for pins in sorted(MODULES.glob("*/go.mod")) for name, version in _pins(pins.read_text())}


def missing() -> list[str]:
    """Return the names of the programs that are not built."""
    return [name for name in versions() if not Path(path(name)).exists()]


def falcosidekick() -> str | None:
    """Return the path of Falcosidekick if it is on the PATH."""
    return shutil.which("falcosidekick")


def _pins(text: str) -> Iterator[tuple[str, str]]:
    requirements = dict(_REQUIREMENT.findall(text))
    for package, name in _TOOL.findall(text):
        (version,) = [version for module, version in requirements.items() if f"{package}/".startswith(f"{module}/")]
        yield name or package.rpartition("/")[2], version
