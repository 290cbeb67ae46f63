"""Reads files again when they change while the relay runs: tokens and certificates.

It polls every second: a Kubernetes secret volume changes a file by replacing a symlink two levels above it, which
notifications for the file itself do not report.
"""

import logging
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

import anyio

from relay.errors import BadSettings
from relay.metrics import Metrics

log = logging.getLogger("relay.follow")

_INTERVAL_SECONDS = 1.0
_Stamp = tuple[int, int, int, int]


class WatchedFiles:
    """Files that belong together. `load` applies them, or raises BadSettings and keeps the former content in force."""

    def __init__(self, name: str, paths: Sequence[Path], load: Callable[[], object]) -> None:
        self.name = name
        self._paths = paths
        self._load = load
        self._stamps = self._current_stamps()  # before reading: a change in between causes another read
        load()

    def reload_if_changed(self) -> bool:
        """Read changed files and return whether there were any. Raise BadSettings, once for each change."""
        former, self._stamps = self._stamps, self._current_stamps()
        if former == self._stamps:
            return False
        self._load()
        return True

    def _current_stamps(self) -> list[_Stamp | None]:
        return [_stamp(path) for path in self._paths]


@asynccontextmanager
async def watch(files: Sequence[WatchedFiles], metrics: Metrics) -> AsyncIterator[None]:
    """Reload changed files until the end of the block; a broken file leaves the former content in force."""
    for group in files:
        metrics.record_reload(group.name, successful=True)
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(_watch, files, metrics)
        yield
        tasks.cancel_scope.cancel()


async def _watch(files: Sequence[WatchedFiles], metrics: Metrics) -> None:
    while True:
        await anyio.sleep(_INTERVAL_SECONDS)
        for group in files:
            try:
                if group.reload_if_changed():
                    metrics.record_reload(group.name, successful=True)
                    log.info("read again", extra={"file": group.name})
            except BadSettings as error:
                metrics.record_reload(group.name, successful=False)
                log.error("not taken, the former stays in force", extra={"file": group.name, "detail": str(error)})


def _stamp(path: Path) -> _Stamp | None:
    try:
        status = path.stat()
    except OSError:
        return None
    return status.st_dev, status.st_ino, status.st_mtime_ns, status.st_size
