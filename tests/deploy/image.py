"""Builds the image of deploy/Containerfile without a registry, and starts it as Kubernetes would.

The base is a Debian that debootstrap makes; it trusts the certificate authorities that this machine trusts. Both are
kept in .tools/image: the base for good, an image until three newer ones are there.
"""

import fcntl
import hashlib
import json
import os
import shutil
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.deploy.rendering import DEPLOY, ROOT

CACHE = ROOT / ".tools" / "image"
SUITE = "trixie"
KEPT_IMAGES = 3
INPUTS = (
    ".dockerignore",
    "pyproject.toml",
    "README.md",
    "LICENSE",
    "falco_dispatch/**/*.py",
    "actions/responder/**/*.py",
    "actions/responder/**/*.json",
    "relay/**/*.py",
    "deploy/*.py",
    "deploy/*.txt",
    "deploy/Containerfile",
)
SEARCH_PATH = f"{os.environ['PATH']}:/usr/sbin:/sbin"
# Binds the root of the image read-only, its volume and its secrets into it, and becomes the image's user.
START = """
set -e
mount --bind "$1" "$1"
mount --bind "$2" "$1/var/lib/relay"
mount --bind "$3" "$1/run/secrets"
mount -o remount,bind,ro "$1/run/secrets"
mount -o remount,bind,ro "$1"
root=$1 user=$4
shift 4
exec chroot --userspec="$user" --groups= "$root" "$@"
"""


@dataclass(frozen=True, kw_only=True)
class Image:
    """The image's root, and its configuration in the words of OCI."""

    root: Path
    config: dict[str, Any]

    @contextmanager
    def run(
        self, environ: Mapping[str, str], *, volume: Path, secrets: Path, log: Path
    ) -> Iterator[subprocess.Popen[bytes]]:
        """Start the entry point with a read-only root, in its own mount namespace."""
        os.chown(volume, *(int(number) for number in self.config["User"].split(":")))
        start = ["unshare", "--mount", "--propagation", "private", "sh", "-c", START, "start"]
        arguments = [str(self.root), str(volume), str(secrets), self.config["User"], *self.config["Entrypoint"]]
        defaults = dict(variable.split("=", 1) for variable in self.config["Env"])
        with log.open("wb") as output:
            process = subprocess.Popen(
                [*start, *arguments],
                env={**defaults, **environ, "PATH": SEARCH_PATH},
                stdout=output,
                stderr=output,
            )
        try:
            yield process
        finally:
            process.kill()
            process.wait()


def build() -> Image:
    """Return the image; build it if something that goes into it is new. Skip the test where that is not possible."""
    if os.geteuid() != 0:
        pytest.skip("the image is built and started by root alone: it needs mount and chroot")
    for program in ("buildah", "debootstrap"):
        if shutil.which(program, path=SEARCH_PATH) is None:
            pytest.skip(f"no {program}: the image is not built (Debian: apt-get install buildah debootstrap)")
    CACHE.mkdir(parents=True, exist_ok=True)
    with (CACHE / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        folder = CACHE / "images" / _digest()
        if not (folder / "config.json").exists():
            shutil.rmtree(folder, ignore_errors=True)
            folder.mkdir(parents=True)
            _build(folder / "root", folder / "config.json")
            for old in sorted(folder.parent.iterdir(), key=lambda path: path.stat().st_mtime)[:-KEPT_IMAGES]:
                shutil.rmtree(old)
        return Image(root=folder / "root", config=json.loads((folder / "config.json").read_text()))


def _digest() -> str:
    digest = hashlib.sha256()
    for path in sorted(path for pattern in INPUTS for path in ROOT.glob(pattern)):
        digest.update(f"{path.relative_to(ROOT)}\0".encode() + path.read_bytes())
    return digest.hexdigest()


def _build(root: Path, config: Path) -> None:
    if not _run("buildah", "images", "--quiet", "--filter=reference=localhost/debian"):  # a new one would end the cache
        base = _run("buildah", "from", "scratch")
        _run("buildah", "add", "--quiet", base, str(_debian()), "/")
        _run("buildah", "commit", "--quiet", "--rm", base, "localhost/debian")
    arguments = ["--layers", "--isolation=chroot", "--network=host", "--build-arg=DEBIAN=localhost/debian"]
    _run("buildah", "build", *arguments, f"--file={DEPLOY / 'Containerfile'}", "--tag=localhost/relay", str(ROOT))
    container = _run("buildah", "from", "localhost/relay")
    _run("cp", "--archive", _run("buildah", "mount", container), str(root))  # with owners
    image = json.loads(_run("buildah", "inspect", "--type=image", "localhost/relay"))
    config.write_text(json.dumps(image["OCIv1"]["config"]))
    _run("buildah", "rm", container)


def _debian() -> Path:
    base = CACHE / SUITE
    if not base.exists():
        unfinished = CACHE / f"{SUITE}.unfinished"
        shutil.rmtree(unfinished, ignore_errors=True)
        _run("debootstrap", "--variant=minbase", "--include=ca-certificates", SUITE, str(unfinished))
        authorities = "etc/ssl/certs/ca-certificates.crt"
        shutil.copyfile(f"/{authorities}", unfinished / authorities)
        (unfinished / "etc/pip.conf").write_text(f"[global]\ncert = /{authorities}\n")
        unfinished.rename(base)
    return base


def _run(program: str, *arguments: str) -> str:
    """Run a program and return what it prints. Raise RuntimeError with its last lines if it fails."""
    storage = [f"--root={CACHE / 'storage'}", f"--runroot={CACHE / 'run'}"] if program == "buildah" else []
    environ = {**os.environ, "PATH": SEARCH_PATH}
    result = subprocess.run([program, *storage, *arguments], check=False, capture_output=True, text=True, env=environ)
    if result.returncode:
        raise RuntimeError(f"{program} {arguments[0]} failed:\n{(result.stdout + result.stderr)[-3000:]}")
    return result.stdout.strip()
