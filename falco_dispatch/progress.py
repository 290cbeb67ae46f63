"""Shows on a terminal how far a long work is. Elsewhere it writes nothing."""

import shutil
import sys
from collections.abc import Iterator, Sequence
from typing import TextIO, TypeVar

T = TypeVar("T")
_WIDTH = 30  # characters of the bar
_ERASE = "\r\x1b[K"


class Progress:
    """A bar on a stream, if that is a terminal."""

    def __init__(self, stream: TextIO = sys.stderr) -> None:
        self._stream = stream
        self._is_shown = stream.isatty()

    def track(self, label: str, items: Sequence[T]) -> Iterator[T]:
        """Yield the items, and show at each how many are done; the bar is gone at the end."""
        try:
            for index, item in enumerate(items):
                self._show(label, index, len(items))
                yield item
        finally:
            self._erase()

    def _show(self, label: str, count: int, total: int) -> None:
        if self._is_shown:
            filled = _WIDTH * count // total
            line = f"{label} [{'#' * filled:{_WIDTH}}] {count}/{total}"
            self._stream.write(_ERASE + line[: shutil.get_terminal_size().columns - 1])
            self._stream.flush()

    def _erase(self) -> None:
        if self._is_shown:
            self._stream.write(_ERASE)
            self._stream.flush()
