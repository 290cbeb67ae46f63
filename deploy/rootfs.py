"""Lay out the root of the image: an interpreter, a virtual environment, and the shared libraries that they load.

It decides what is in the image. It runs in the build stage of the Containerfile, with the interpreter that it copies.
"""

import os
import re
import shutil
import subprocess
import sys
import sysconfig
from collections.abc import Iterator
from pathlib import Path

USER = 65532
# Of the standard library: nothing that the relay imports.
UNUSED = ("config-*", "ensurepip", "idlelib", "lib2to3", "pydoc_data", "test", "tkinter", "turtledemo", "venv")
CERTIFICATES = Path("/etc/ssl/certs/ca-certificates.crt")
FILES = {
    "etc/passwd": f"nonroot:x:{USER}:{USER}::/nonexistent:/nonexistent\n",
    "etc/group": f"nonroot:x:{USER}:\n",
    "etc/nsswitch.conf": "hosts: files dns\n",
}


def main(environment: Path, root: Path) -> None:
    """Copy what the virtual environment needs to run into a new folder `root`."""
    for directory in ("lib", "lib64"):  # the dynamic linker's path begins with one of these
        (root / "usr" / directory).mkdir(parents=True)
        (root / directory).symlink_to(f"usr/{directory}")
    interpreter = Path(sys.executable).resolve()
    library = Path(sysconfig.get_path("stdlib"))
    copy(interpreter, root)
    (root / "usr/bin/python3").symlink_to(interpreter.name)
    shutil.copytree(
        library, root / library.relative_to("/"), ignore=shutil.ignore_patterns(*UNUSED), dirs_exist_ok=True
    )
    shutil.copytree(environment, root / environment.relative_to("/"), symlinks=True)
    extensions = [*library.rglob("*.so"), *environment.rglob("*.so"), *environment.rglob("*.so.*")]
    for path in sorted({path for binary in (interpreter, *extensions) for path in libraries(binary)}):
        copy(path, root)
    copy(CERTIFICATES, root)
    (root / "usr/lib/ssl").mkdir(parents=True)
    (root / "usr/lib/ssl/cert.pem").symlink_to(CERTIFICATES)
    for name, content in FILES.items():
        (root / name).write_text(content)
    (root / "tmp").mkdir()
    (root / "tmp").chmod(0o1777)
    (root / "run/secrets").mkdir(parents=True)
    (root / "var/lib/relay").mkdir(parents=True, mode=0o700)
    os.chown(root / "var/lib/relay", USER, USER)


def libraries(binary: Path) -> Iterator[Path]:
    """Yield the system's shared libraries that a binary loads, the dynamic linker among them."""
    output = subprocess.run(["/usr/bin/ldd", binary], check=True, capture_output=True, text=True).stdout  # noqa: S603
    for path in re.findall(r"(?:=> |^\t)(/\S+) \(", output, re.MULTILINE):
        if not Path(path).resolve().is_relative_to("/opt"):  # those of a wheel come with the environment
            yield Path(path)


def copy(path: Path, root: Path) -> None:
    """Copy a file, or what a link stands for, to the same path below `root`."""
    target = root / path.relative_to("/")
    target.parent.mkdir(parents=True, exist_ok=True)
    shutil.copy2(path, target)


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
