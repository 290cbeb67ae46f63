"""Decide what a release holds, and refuse one whose files do not agree on the version.

`python deploy/release.py check VERSION` says what disagrees; `… assets VERSION COMMIT FOLDER` writes what a release
carries besides the image and the copy of the chart in the registry. It needs helm and hatchling, and publishes nothing:
`.github/workflows/release.yml` does.
"""

import re
import shutil
import subprocess
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
CHART = "deploy/chart/falco-dispatch"
WORKFLOWS = ("respond.yml", "restore.yml", "status.yml")
_PINNED_VERSION = r"falco-dispatch/falco-dispatch/\S+@[0-9a-f]{40} # v(\S+)"
# Each file that states the version, and how: the first group of every match has to be the version.
STATEMENTS: dict[str, str] = {
    "pyproject.toml": r'^version = "(.*)"$',
    f"{CHART}/Chart.yaml": r'^(?:version|appVersion): "?([^"\s]*)"?$',
    "deploy/kustomize/base/statefulset.yaml": r"^ *image: \S+:(\S+)$",
    "deploy/flux/relay.yaml": r"^ *tag: v(\S+)$",
    "CHANGELOG.md": r"^## (?!Unreleased)(\S+)",
    "README.md": r"(?:--branch v|@[0-9a-f]{40} # v|falco-dispatch:|refs/tags/v)(\d\S+)",
    **{f"actions/{name}/README.md": _PINNED_VERSION for name in ("respond", "check", "confirm", "status")},
    **{f".github/workflows/{name}": _PINNED_VERSION for name in WORKFLOWS},
}
_PIN = re.compile(r"(falco-dispatch/falco-dispatch/\S+)@[0-9a-f]{40} # v\S+")


def disagreements(root: Path, version: str) -> Iterator[str]:
    """Yield what keeps the files below `root` from being the release of a version."""
    for name, pattern in STATEMENTS.items():
        versions = re.findall(pattern, (root / name).read_text(encoding="utf-8"), re.MULTILINE)
        if name == "CHANGELOG.md":
            versions = versions[:1]  # the newest; older ones follow
        if not versions:
            yield f"{name} does not state a version"
        yield from (f"{name} states {other}, not {version}" for other in sorted({*versions} - {version}))


def notes(root: Path, version: str) -> str:
    """Return what the changelog says of a version."""
    changelog = (root / "CHANGELOG.md").read_text(encoding="utf-8")
    match = re.search(rf"^## {re.escape(version)}\b.*\n((?:(?!## ).*\n)*)", changelog, re.MULTILINE)
    return match[1].strip() + "\n" if match else ""


def pinned(workflow: str, *, commit: str, version: str) -> str:
    """Return a workflow that runs our actions at the commit of a release."""
    return _PIN.sub(rf"\1@{commit} # v{version}", workflow)


def write_assets(root: Path, folder: Path, *, version: str, commit: str) -> None:
    """Write the wheel, its lock, the chart, the workflows to copy, and the notes."""
    folder.mkdir(parents=True, exist_ok=True)
    _run(sys.executable, "-m", "hatchling", "build", "--target", "wheel", "--directory", str(folder), root=root)
    _run("helm", "package", CHART, "--destination", str(folder), root=root)
    shutil.copyfile(root / "deploy" / "requirements.txt", folder / "requirements.txt")
    for name in WORKFLOWS:
        workflow = (root / ".github" / "workflows" / name).read_text(encoding="utf-8")
        (folder / name).write_text(pinned(workflow, commit=commit, version=version), encoding="utf-8")
    (folder / "NOTES.md").write_text(notes(root, version), encoding="utf-8")


def _run(*command: str, root: Path) -> None:
    subprocess.run(command, cwd=root, check=True, stdout=subprocess.DEVNULL)  # noqa: S603  # our own commands


def main(arguments: Sequence[str]) -> int:
    """Run a command and return its exit code; 1 if the files disagree."""
    command, version, *details = arguments
    if problems := list(disagreements(ROOT, version)):
        print(*problems, sep="\n", file=sys.stderr)
        return 1
    if command == "assets":
        commit, folder = details
        write_assets(ROOT, Path(folder), version=version, commit=commit)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
