"""Ends a process whose event loop stands still: it serves nobody, and a signal does not end it.

A read from a broken disk can take for ever, and so can a shutdown.
"""

import logging
import os
import threading
import time

log = logging.getLogger("relay.watchdog")

# A container is usually given 10 seconds to stop.
_SECONDS = 9


class Watchdog:
    """Counts the seconds since the last `beat`, in its own thread. It does not count while the process is stopped."""

    def __init__(self) -> None:
        self._missed = 0

    def start(self) -> None:
        threading.Thread(target=self._watch, name="watchdog", daemon=True).start()

    def beat(self) -> None:
        self._missed = 0

    def _watch(self) -> None:
        while self._missed < _SECONDS:
            time.sleep(1)
            self._missed += 1
        log.critical("ends", extra={"detail": f"the process has stood still for {_SECONDS} seconds"})
        os._exit(1)
