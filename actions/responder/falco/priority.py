"""Defines Falco's priorities and their order. Which priorities a rule asks for is decided in `rules`."""

import difflib
from enum import IntEnum
from typing import Self

from ..escape import one_line


class Priority(IntEnum):
    """Falco's priorities; the more severe one is the greater one."""

    DEBUG = 0
    INFORMATIONAL = 1
    NOTICE = 2
    WARNING = 3
    ERROR = 4
    CRITICAL = 5
    ALERT = 6
    EMERGENCY = 7

    @property
    def word(self) -> str:
        """Return the priority as Falco writes it."""
        return self.name.capitalize()

    @classmethod
    def parse(cls, word: str) -> Self:
        """Return the priority with this name in any case. `INFO` is Informational, as in Falco's rules.

        Raises ValueError.
        """
        name = word.strip().upper()
        name = "INFORMATIONAL" if name == "INFO" else name
        if name not in cls.__members__:
            words = [priority.word for priority in reversed(cls)]
            similar = difflib.get_close_matches(name.capitalize(), words, n=1)
            hint = f"did you mean {similar[0]}?" if similar else f"use one of {', '.join(words)}"
            raise ValueError(f"'{one_line(word, limit=80)}' is not a priority; {hint}")
        return cls[name]
