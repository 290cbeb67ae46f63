"""Keeps what this process knows, its environment among it, from other processes of the same user.

https://man7.org/linux/man-pages/man2/PR_SET_DUMPABLE.2const.html
"""

import ctypes
import sys

_SET_DUMPABLE = 4


def hide() -> None:
    """Let no process of the same user read the memory and environment of this one; on Linux alone."""
    if sys.platform == "linux" and ctypes.CDLL(None, use_errno=True).prctl(_SET_DUMPABLE, 0, 0, 0, 0) != 0:
        raise OSError(ctypes.get_errno(), "this process cannot be hidden")
