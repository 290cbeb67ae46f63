"""Runs a program that can read a copy of a source and what programs need, and nothing else.

It gets no variable of the run's environment and no credential: not the token of the action, and none that git, curl or
ssh would find in a home directory. Where the kernel has Landlock, the program and what it starts can open no file
outside: https://docs.kernel.org/userspace-api/landlock.html. What it has started is ended with it.
"""

import ctypes
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

# Programs, libraries and certificates, and how names are looked up: nothing here is secret.
_READABLE = (
    *("/usr", "/bin", "/sbin", "/lib", "/lib64", "/nix/store", "/dev/null", "/dev/urandom", "/dev/zero"),
    *("/etc/ssl", "/etc/pki", "/etc/ca-certificates", "/etc/ca-certificates.conf", "/etc/alternatives"),
    *("/etc/resolv.conf", "/etc/hosts", "/etc/nsswitch.conf", "/etc/host.conf", "/etc/gai.conf", "/etc/services"),
    *("/etc/protocols", "/etc/passwd", "/etc/group", "/etc/localtime", "/etc/ld.so.cache", "/etc/ld.so.conf"),
)
_CREATE_RULESET, _ADD_RULE, _RESTRICT_SELF = 444, 445, 446  # the numbers are the same on every architecture
_VERSION_FLAG = 1
_PATH_BENEATH = 1
_NO_NEW_PRIVS = 38
_EXECUTE, _WRITE_FILE, _READ_FILE, _READ_DIR = 1, 2, 4, 8
_READ = _EXECUTE | _READ_FILE | _READ_DIR
_OF_FILES = _EXECUTE | _WRITE_FILE | _READ_FILE
_EVERYTHING = (1 << 13) - 1  # the rights that the first version of Landlock knows


@dataclass(frozen=True, kw_only=True)
class Result:
    """How a program has ended: its exit code, None if it took too long, and what it wrote."""

    code: int | None
    output: bytes = b""
    errors: bytes = b""


class _PathBeneath(ctypes.Structure):
    _pack_ = 1
    _fields_ = (("allowed", ctypes.c_uint64), ("parent", ctypes.c_int32))


def run(command: Sequence[str], *, root: Path, scratch: Path, timeout: float, result: str | None = None) -> Result:
    """Run a command in `root`, which it can read. It can write in the folder `scratch` alone, which is its home too.

    With `result`, a pattern of file names, the output is the content of the one file of that name in `scratch`.
    """
    scratch.mkdir(exist_ok=True)
    program = str(Path(shutil.which(command[0]) or command[0]).resolve())
    ruleset = _ruleset([*_READABLE, program, str(root)], writable=str(scratch))
    try:
        process = subprocess.Popen(  # noqa: S603 - an argument list, no shell, and no event text in it
            [program, *command[1:]],
            cwd=root,
            env=_environ(scratch),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            start_new_session=True,
            pass_fds=() if ruleset is None else (ruleset,),
            preexec_fn=None if ruleset is None else lambda: _restrict(ruleset),
        )
        try:
            output, errors = process.communicate(timeout=timeout)
        except subprocess.TimeoutExpired:
            return Result(code=None)
        finally:
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.communicate()
        if result is not None and process.returncode == 0:
            output = next((file.read_bytes() for file in sorted(scratch.glob(result)) if file.is_file()), b"")
    finally:
        if ruleset is not None:
            os.close(ruleset)
        shutil.rmtree(scratch, ignore_errors=True)
    return Result(code=process.returncode, output=output, errors=errors)


def is_confined() -> bool:
    """Return whether the kernel keeps a program from files outside of its sandbox."""
    return sys.platform == "linux" and _syscall(_CREATE_RULESET, None, 0, _VERSION_FLAG) >= 1


def _environ(home: Path) -> dict[str, str]:
    """Return the environment. Remote bases are fetched without any credential, over HTTPS alone."""
    folders = [str(Path(git).parent)] if (git := shutil.which("git")) else []
    return {
        "PATH": os.pathsep.join([*folders, "/usr/local/bin", "/usr/bin", "/bin"]),
        "HOME": str(home),
        "TMPDIR": str(home),
        "GIT_CONFIG_NOSYSTEM": "1",
        "GIT_CONFIG_GLOBAL": os.devnull,
        "GIT_TERMINAL_PROMPT": "0",
        "GIT_ALLOW_PROTOCOL": "https:http",
    }


def _ruleset(readable: Iterable[str], *, writable: str) -> int | None:
    """Return a file descriptor of the Landlock rules, None where the kernel has no Landlock."""
    if not is_confined():
        return None
    handled = ctypes.c_uint64(_EVERYTHING)
    ruleset = _checked(_syscall(_CREATE_RULESET, ctypes.byref(handled), ctypes.sizeof(handled), 0))
    for path in readable:
        _allow(ruleset, path, _READ | (_WRITE_FILE if path == os.devnull else 0))
    _allow(ruleset, writable, _EVERYTHING)
    return ruleset


def _allow(ruleset: int, path: str, rights: int) -> None:
    """Allow what is at a path, if anything is."""
    try:
        parent = os.open(path, os.O_PATH | os.O_CLOEXEC)
    except OSError:
        return
    try:
        allowed = rights if Path(path).is_dir() else rights & _OF_FILES
        rule = _PathBeneath(allowed=allowed, parent=parent)
        _checked(_syscall(_ADD_RULE, ruleset, _PATH_BENEATH, ctypes.byref(rule), 0))
    finally:
        os.close(parent)


def _restrict(ruleset: int) -> None:
    """Restrict this process, which is about to become the program, and all that it starts."""
    _checked(ctypes.CDLL(None, use_errno=True).prctl(_NO_NEW_PRIVS, 1, 0, 0, 0))
    _checked(_syscall(_RESTRICT_SELF, ruleset, 0))


def _syscall(number: int, *arguments: object) -> int:
    return int(ctypes.CDLL(None, use_errno=True).syscall(number, *arguments))


def _checked(result: int) -> int:
    if result < 0:
        error = ctypes.get_errno()
        raise OSError(error, os.strerror(error))
    return result
