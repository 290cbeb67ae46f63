"""Reads files again when they change while the relay runs: tokens, certificates.

They are looked at every second, because a Kubernetes secret volume changes a file by swapping a symlink two levels
above it, of which the file itself gives no notice.
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


class Followed:
    """Files that mean something together. `load` takes them into use, or raises BadSettings and leaves what was."""

    def __init__(self, name: str, paths: Sequence[Path], load: Callable[[], object]) -> None:
        self.name = name
        self._paths = paths
        self._load = load
        self._seen = self._stamps()  # before they are read: what changes in between is read again
        load()

    def reload_if_changed(self) -> bool:
        """Whether they were read again; raises BadSettings, once for a change."""
        seen, self._seen = self._seen, self._stamps()
        if seen == self._seen:
            return False
        self._load()
        return True

    def _stamps(self) -> list[_Stamp | None]:
        return [_stamp(path) for path in self._paths]


@asynccontextmanager
async def following(files: Sequence[Followed], metrics: Metrics) -> AsyncIterator[None]:
    """Keeps the files in force as they are now, until the end of the block; a broken one leaves the former in force."""
    for each in files:
        metrics.reloaded(each.name, successful=True)
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(_follow, files, metrics)
        yield
        tasks.cancel_scope.cancel()


async def _follow(files: Sequence[Followed], metrics: Metrics) -> None:
    while True:
        await anyio.sleep(_INTERVAL_SECONDS)
        for each in files:
            try:
                if each.reload_if_changed():
                    metrics.reloaded(each.name, successful=True)
                    log.info("read again", extra={"file": each.name})
            except BadSettings as error:
                metrics.reloaded(each.name, successful=False)
                log.error("not taken, the former stays in force", extra={"file": each.name, "detail": str(error)})


def _stamp(path: Path) -> _Stamp | None:
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_dev, found.st_ino, found.st_mtime_ns, found.st_size
