"""Installs the wheel as a user would: into an environment of its own, with the packages that it declares and no other.

The packages are linked from the environment of the tests, so that nothing is downloaded. What the wheel needs and does
not declare is missing there.
"""

import subprocess
import sys
import venv
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path

from packaging.requirements import Requirement

from tests.stack import ROOT


@dataclass(frozen=True, kw_only=True)
class Installation:
    """An environment with the command in it, and the wheel that it comes from."""

    folder: Path
    wheel: Path

    @property
    def command(self) -> Path:
        """Return the path of the console script."""
        return self.folder / "bin" / "falco-dispatch"

    @property
    def python(self) -> Path:
        """Return the path of the interpreter."""
        return self.folder / "bin" / "python"

    def run(
        self, *arguments: str, environ: Mapping[str, str] | None = None, content: str | None = None
    ) -> subprocess.CompletedProcess[str]:
        """Run the command in its own folder, with no environment but this one."""
        return subprocess.run(
            [self.command, *arguments],
            cwd=self.folder,
            env=dict(environ or {}),
            input=content,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )


def install(folder: Path) -> Installation:
    """Build the wheel of this checkout and install it below a folder."""
    build = [sys.executable, "-m", "hatchling", "build", "--target", "wheel", "--directory", str(folder)]
    subprocess.run(build, cwd=ROOT, check=True, capture_output=True)
    (wheel,) = folder.glob("*.whl")
    environment = folder / "environment"
    venv.create(environment, symlinks=True)
    python = environment / "bin" / "python"
    uv = Path(sys.executable).parent / "uv"
    arguments = ["--offline", "--no-deps", "--no-config", "--python", str(python), str(wheel)]
    subprocess.run([uv, "pip", "install", "--quiet", *arguments], check=True, capture_output=True)
    (packages,) = environment.glob("lib/python3.*/site-packages")
    (distribution,) = (item for item in metadata.distributions(path=[str(packages)]) if item.name == "falco-dispatch")
    for name in declared_packages(distribution):
        link(metadata.distribution(name), packages)
    return Installation(folder=environment, wheel=wheel)


def declared_packages(distribution: metadata.Distribution) -> Iterator[str]:
    """Yield the packages that a distribution needs, and those that they need, without extras that nobody asks for."""
    pending: list[tuple[metadata.Distribution, str]] = [(distribution, "")]
    names: set[tuple[str, str]] = set()
    while pending:
        owner, extra = pending.pop()
        for requirement in map(Requirement, owner.requires or []):
            if requirement.marker and not requirement.marker.evaluate({"extra": extra}):
                continue
            for wanted_extra in ("", *requirement.extras):
                if (requirement.name, wanted_extra) not in names:
                    names.add((requirement.name, wanted_extra))
                    pending.append((metadata.distribution(requirement.name), wanted_extra))
    yield from sorted({name for name, _ in names})


def link(distribution: metadata.Distribution, packages: Path) -> None:
    """Link what a distribution has in the site-packages of the tests into other site-packages."""
    for top in sorted({file.parts[0] for file in distribution.files or []} - {"..", "__pycache__"}):
        target = packages / top
        if not target.is_symlink():
            target.symlink_to(str(distribution.locate_file(top)))
