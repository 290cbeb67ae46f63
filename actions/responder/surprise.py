"""What nobody thought of: an exception that is not one of `errors`, kept for the log so that only one event is lost."""

import traceback
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

from .errors import ResponderError

_Result = TypeVar("_Result")


@dataclass(frozen=True, kw_only=True)
class Surprise:
    """An exception, by its kind for people and with its traceback for the log."""

    kind: str
    traceback: str

    def __str__(self) -> str:
        return (
            f"this event is more than the action can handle ({self.kind}); nothing was changed for it. The log of the "
            "step has the details: please report them"
        )


def guarded(act: Callable[[], _Result]) -> _Result | Surprise:
    """Return the result of an act, or the surprise that ended it. Raises what is raised on purpose."""
    try:
        return act()
    except ResponderError:
        raise
    except Exception as error:
        return Surprise(kind=type(error).__name__, traceback="".join(traceback.format_exception(error)))
